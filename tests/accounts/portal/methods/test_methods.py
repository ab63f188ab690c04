"""Tests of the page of a person's methods: what it lists, their names, and which one is asked first."""

import re

from accounts.models import SecondStep, User
from tests.accounts.portal.conftest import kinds
from tests.accounts.portal.methods.methods_page import at_methods, card, default_of, methods_of, switch_off
from tests.simulated.http_browser import Browser
from tests.simulated.people import ANAS, Clock, Person, join
from verification import enrolments, time_format
from verification.models import Enrolment, Policy

# Listing -------------------------------------------------------------------------------------------------------


def test_lists_kind_masked_handle_added_and_last_used(ana: Person) -> None:
    page = at_methods(ana)

    for label in ("Text message ••• •• 23", "Phone call ••• •• 23", "Authenticator app"):
        assert label in page
    assert "Default" in card(page, "Text")
    used_at, added_at = ana.enrolment("totp").last_used_at, ana.enrolment("call").confirmed_at
    assert used_at is not None
    assert time_format.moment(used_at) in card(page, "Authenticator app")
    assert added_at is not None
    assert time_format.day(added_at) in card(page, "Phone call")


def test_lists_the_own_name(ana: Person) -> None:
    ana.user.enrolments.filter(method="totp").update(name="work <b>phone</b>")

    page = at_methods(ana)

    assert "Authenticator app (work <b>phone</b>)" in page
    assert "<b>phone" not in page.html


def test_never_lists_whole_numbers_or_secrets(ana: Person) -> None:
    html = re.sub(r"[ \-]", "", at_methods(ana).html)

    assert ANAS[-7:] not in html
    assert ana.enrolment("totp").secret.hex() not in html


def test_lists_apart_what_the_policy_no_longer_allows(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["totp"])

    page = ana.browser.reload()

    assert 'id="forbidden"' in page.html
    assert not page.leads_to(f"/methods/{ana.enrolment('text').ref}/try/")


def test_former_method_that_is_no_longer_installed_breaks_no_page(ana: Person) -> None:
    """Seen: a method that was removed from the settings broke the page."""
    at_methods(ana)
    gone = Enrolment.objects.create(user=ana.user, method="fax", confirmed=True, hint="…12", name="")

    assert "fax …12" in ana.browser.reload()
    ana.browser.follow("Remove fax")
    assert "portal:method_removed" in ana.browser.press("Remove method").outcomes
    assert not Enrolment.objects.filter(pk=gone.pk).exists()


def test_person_with_nothing_set_up_is_led_on(ben: Person) -> None:
    User.objects.filter(pk=ben.user.pk).update(second_step=SecondStep.DISABLED)
    ben.give_password(to="/sign-in/?next=/methods/")

    assert ben.page.path == "/methods/"
    assert ben.page.n_empty_lists == 1
    assert ben.page.offers("Add a method")


# Renaming and the usual one ------------------------------------------------------------------------------------


def test_person_renames_a_method(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Rename Authenticator app")

    page = ana.browser.press("Save", name="blue phone")

    assert page.path == "/methods/"
    assert "Authenticator app (blue phone)" in page
    assert "enrolment.renamed" in kinds(ana)


def test_too_long_a_name_is_refused_beside_the_field_and_kept(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Rename Authenticator app")

    page = ana.browser.press("Save", name="x" * 65)

    assert page.path.endswith("/rename/")
    assert page.form("Save")[0].fields["name"] == "x" * 65
    assert ana.enrolment("totp").name == ""


def test_name_can_be_taken_away(ana: Person) -> None:
    ana.user.enrolments.filter(method="totp").update(name="blue phone")
    at_methods(ana)
    ana.browser.follow("Rename Authenticator app")

    assert "blue phone" not in ana.browser.press("Save", name="").words


def test_makes_another_the_usual_one(ana: Person) -> None:
    at_methods(ana)

    page = ana.browser.press("Make default Authenticator app")

    assert "portal:default_changed" in page.outcomes
    assert default_of(ana) == "totp"
    assert Enrolment.objects.filter(user=ana.user, is_default=True).count() == 1
    assert "enrolment.made_default" in kinds(ana)


def test_usual_one_is_asked_first_at_the_next_sign_in(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    ana.browser.press("Make default Authenticator app")
    ana.browser.press("Sign out")

    assert "app shows" in ana.give_password()


# Recovery codes ------------------------------------------------------------------------------------------------


def test_ways_of_others_are_not_touched(ana: Person, cleo: Person) -> None:
    cleo.print_codes()
    at_methods(ana)
    ana.browser.follow("Get new codes")
    ana.browser.press("Get new codes")

    assert enrolments.recovery_codes_left(cleo.user.pk) == 10
    assert methods_of(cleo) == ["totp", "recovery"]


def test_another_browser_without_a_session_sees_nothing(ana: Person) -> None:
    assert Browser().go("/methods/").path == "/sign-in/"


def test_half_year_is_counted_from_the_last_use(ana: Person, clock: Clock) -> None:
    clock.forward(days=181)
    assert "methods:untried" not in at_methods(ana).outcomes
    ana.browser.press("Sign out")
    clock.forward(days=2)

    assert "methods:untried" in at_methods(ana).outcomes


def test_eve_has_her_own_limits(ana: Person) -> None:
    eve = join("eve").set_up("totp")
    switch_off(ana, "totp")

    assert eve.sign_in().path == "/"
