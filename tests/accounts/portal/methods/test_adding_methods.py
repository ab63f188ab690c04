"""Tests of adding a method on the portal: it counts once it is proven, and only what the policy allows is offered."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.accounts.portal.conftest import kinds, mails, remembered_elsewhere
from tests.accounts.portal.methods.methods_page import app_code, at_methods, default_of, methods_of
from tests.simulated.people import ANAS, BENS, Person
from tests.simulated.verdicts import verdicts
from verification import method_registry
from verification.models import Browser as Remembered
from verification.models import Channel, Enrolment, Failure, Outage, Policy
from verification.outcomes import Verdict

# Adding --------------------------------------------------------------------------------------------------------


def test_adds_an_app_that_counts_once_proven(ana: Person) -> None:
    at_methods(ana)
    remembered_elsewhere(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")
    assert ana.page.path == "/sign-in/verify/"
    assert methods_of(ana) == ["text", "call", "totp"]
    fresh = Enrolment.objects.get(confirmed=False)

    page = ana.verify(app_code(fresh))

    assert (page.path, "It works." in page) == ("/methods/", True)
    assert methods_of(ana) == ["text", "call", "totp", "totp"]
    assert mails(ana) == ["method_added"]
    assert "enrolment.confirmed" in kinds(ana)
    assert not Remembered.objects.exists()


@pytest.mark.parametrize("address", ["/methods/add/", "/methods/new-phone/"])
def test_says_that_nothing_can_be_set_up_while_texts_are_off(ana: Person, address: str) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["text"])
    Outage.objects.create(kind=Channel.TEXT, starts_at=timezone.now())

    page = ana.browser.go(address)
    if page.offers("Start"):
        page = ana.browser.press("Start")

    assert "methods:none_to_set_up" in page.outcomes


def test_adds_nothing_after_another_tab_has_changed_the_account(ana: Person) -> None:
    """Seen failing: the method was set up, and the page said that the account had changed."""
    at_methods(ana)
    ana.browser.follow("Add a method")
    adding = ana.browser.press("Authenticator app")
    fresh = Enrolment.objects.get(confirmed=False)
    ana.browser.send("/browsers/sign-out-everywhere/")
    ana.browser.page = adding

    page = ana.verify(app_code(fresh))

    assert "sign_in:account_changed" in page.outcomes
    assert methods_of(ana) == ["text", "call", "totp"]
    assert mails(ana) == []


def test_wrong_code_adds_nothing(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")

    page = ana.verify("000000")

    assert verdicts(page) == {Verdict.WRONG}
    assert methods_of(ana) == ["text", "call", "totp"]
    assert mails(ana) == []


def test_abandoned_adding_leaves_nothing_that_counts(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")

    assert ana.browser.press("Cancel").path == "/methods/"
    assert len(ana.browser.go("/methods/").parts("aria-label", "Authenticator app")) == 1


def test_adds_a_second_number_beside_the_first(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Text message")
    ana.phone.number = BENS
    ana.browser.press("Continue", country="CH", number=BENS)
    assert "••• •• 45" in ana.page

    ana.verify(ana.read_text())

    assert methods_of(ana) == ["text", "call", "totp", "text", "call"]
    assert {e.address for e in Enrolment.objects.filter(method="text")} == {ANAS, BENS}
    assert default_of(ana) == "text"


def test_new_number_changes_nothing_until_proven(ana: Person) -> None:
    at_methods(ana)
    ana.browser.go("/methods/add/text/")
    ana.browser.press("Continue", country="CH", number=BENS)

    ana.browser.go("/methods/")

    assert {e.address for e in Enrolment.objects.filter(method="text", confirmed=True)} == {ANAS}
    assert "••• •• 45" not in ana.page


@pytest.mark.parametrize("number", ["", "12", "abc", "+41 00 000", "+41 44 555 01 67"])
def test_bad_number_is_named_beside_its_field_and_kept(ana: Person, number: str) -> None:
    at_methods(ana)
    ana.browser.go("/methods/add/text/")

    page = ana.browser.press("Continue", country="CH", number=number)

    assert page.path == "/methods/add/text/"
    assert 'aria-invalid="true"' in page.html
    assert page.form("Continue")[0].fields["number"] == number


def test_same_number_again_does_not_double_it(ana: Person) -> None:
    at_methods(ana)
    ana.browser.go("/methods/add/text/")
    ana.browser.press("Continue", country="CH", number=ANAS)
    ana.verify(ana.read_text())

    assert sorted(methods_of(ana)) == ["call", "text", "totp"]
    assert Enrolment.objects.filter(user=ana.user, is_default=True).count() == 1


def test_five_apps_are_all_that_a_person_may_have(ana: Person) -> None:
    ana.set_up("totp", "totp", "totp", "totp")
    ana.give_password()
    ana.verify(ana.read_text())
    ana.browser.go("/methods/add/")

    page = ana.browser.press("Authenticator app")

    assert page.path == "/methods/add/"
    assert verdicts(page) == {Verdict.FULL}


def test_offers_only_what_the_policy_allows(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["totp", "call"])
    page = ana.browser.go("/methods/add/")

    assert page.offers("Authenticator app")
    assert not page.offers("Text message")
    assert ana.browser.send("/methods/add/", method="text").path == "/methods/add/"
    assert ana.browser.send("/methods/add/text/", country="CH", number=BENS).path == "/methods/add/"
    assert not Enrolment.objects.filter(confirmed=False).exists()


@pytest.mark.parametrize("method", ["recovery", "token", "email", "no-such"])
def test_begins_nothing_that_is_not_offered(ana: Person, method: str) -> None:
    at_methods(ana)

    page = ana.browser.send("/methods/add/", method=method)

    assert (page.status, page.path) == (200, "/methods/add/")
    assert ana.browser.go(f"/methods/add/{method}/").path == "/methods/add/"


def test_adding_is_bound_to_the_session(ana: Person) -> None:
    at_methods(ana)
    ana.browser.go("/methods/add/text/")
    ana.browser.press("Continue", country="CH", number=BENS)
    ana.phone.number = BENS
    code = ana.read_text()
    other = Person(ana.user, ana.phone)
    other.give_password()

    other.verify(code)

    assert {e.address for e in Enrolment.objects.filter(method="text", confirmed=True)} == {ANAS}


# Trying out ----------------------------------------------------------------------------------------------------


def test_failed_enrolments_never_count_against_sign_in(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")
    for _ in range(5):
        ana.verify("000000")

    assert not Failure.objects.filter(method="totp", consecutive__gt=0).exists()


# Handed out ----------------------------------------------------------------------------------------------------


def test_token_is_offered_to_whom_it_was_handed_out_and_activated(ana: Person, cleo: Person) -> None:
    call_command(
        "assign_token", "ana", "TK-0042", stdin=StringIO("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"), stdout=StringIO()
    )
    at_methods(cleo)
    assert not cleo.browser.go("/methods/add/").leads_to("/methods/add/token/")
    at_methods(ana)
    ana.browser.follow("Add a method")
    page = ana.browser.press("Hardware token")
    assert str(method_registry.method("token").explain) not in page  # it asks for the serial number first

    page = ana.browser.press("Continue", serial="TK-0043")
    assert page.refused_fields == {"serial"}
    assert page.form("Continue")[0].fields["serial"] == "TK-0043"
    ana.browser.press("Continue", serial="tk-0042")
    page = ana.verify(app_code(ana.enrolment("token")))

    assert "Hardware token …0042" in page
    assert mails(ana) == ["method_added"]
