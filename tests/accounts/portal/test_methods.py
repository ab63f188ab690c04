"""Tests of a person's methods: actions run once, re-authenticated where it matters, or are refused with a reason."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_otp.oath import totp

from accounts.models import SecondStep, User
from tests.accounts.portal.conftest import kinds, mails, remembered_elsewhere
from tests.http_browser import Browser, Page
from tests.people import ANAS, BENS, Clock, Person, join
from verification import challenges, enrolments, policies, registry
from verification.context import Context
from verification.models import AuditEvent, Enrolment, Failure, Policy, Purpose, SingleUseCode
from verification.models import Browser as Remembered


def methods_of(person: Person) -> list[str]:
    rows = Enrolment.objects.filter(user=person.user, confirmed=True).order_by("pk")
    return list(rows.values_list("method", flat=True))


def default_of(person: Person) -> str:
    return str(Enrolment.objects.get(user=person.user, is_default=True).method)


def at_methods(person: Person) -> Page:
    """Sign in and open the list of methods."""
    return person.sign_in(to="/sign-in/?next=/methods/")


def card(page: Page, label: str) -> str:
    """Return the text on a method's card."""
    found: list[str] = re.findall(rf'aria-label="{re.escape(label)}.*?</article>', page.html, re.DOTALL)
    return found[0]


# Listing -------------------------------------------------------------------------------------------------------


def test_lists_kind_masked_handle_added_and_last_used(ana: Person) -> None:
    page = at_methods(ana)

    for words in ("Text message ••• •• 23", "Phone call ••• •• 23", "Authenticator app", "Added 2 March 2026"):
        assert words in page
    assert "Default" in card(page, "Text")
    assert "last used 2 March 2026, 09:00" in page


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

    assert "No longer allowed" in page
    assert not page.offers("Try it now Text message")


def test_former_method_that_is_no_longer_installed_breaks_no_page(ana: Person) -> None:
    """Seen: a method that was removed from the settings broke the page."""
    at_methods(ana)
    gone = Enrolment.objects.create(user=ana.user, method="fax", confirmed=True, hint="…12", name="")

    assert "fax …12" in ana.browser.reload()
    ana.browser.follow("Remove fax")
    assert "We removed the method" in ana.browser.press("Remove method")
    assert not Enrolment.objects.filter(pk=gone.pk).exists()


def test_person_with_nothing_set_up_is_led_on(ben: Person) -> None:
    User.objects.filter(pk=ben.user.pk).update(second_step=SecondStep.DISABLED)
    ben.give_password(to="/sign-in/?next=/methods/")

    assert ben.page.path == "/methods/"
    assert "No methods yet" in ben.page
    assert ben.page.offers("Add a method")


# Adding --------------------------------------------------------------------------------------------------------


def test_adds_an_app_that_counts_once_proven(ana: Person) -> None:
    at_methods(ana)
    remembered_elsewhere(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")
    assert ana.page.path == "/sign-in/verify/"
    assert methods_of(ana) == ["text", "call", "totp"]
    fresh = Enrolment.objects.get(confirmed=False)

    page = ana.verify(_app_code(fresh))

    assert (page.path, "It works." in page) == ("/methods/", True)
    assert methods_of(ana) == ["text", "call", "totp", "totp"]
    assert mails(ana) == ["method_added"]
    assert "enrolment.confirmed" in kinds(ana)
    assert not Remembered.objects.exists()


def _app_code(enrolment: Enrolment) -> str:
    return f"{totp(enrolment.secret):06d}"


def test_wrong_code_adds_nothing(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")

    page = ana.verify("000000")

    assert "Incorrect code" in page
    assert methods_of(ana) == ["text", "call", "totp"]
    assert mails(ana) == []


def test_abandoned_adding_leaves_nothing_that_counts(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")

    assert ana.browser.press("Cancel").path == "/methods/"
    assert ana.browser.go("/methods/").words.count("Try it now Authenticator app") == 1


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
    assert "You can’t add another one of these" in page


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


# Renaming and the usual one ------------------------------------------------------------------------------------


def test_renames(ana: Person) -> None:
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

    assert "Your default method is now: Authenticator app." in page
    assert default_of(ana) == "totp"
    assert Enrolment.objects.filter(user=ana.user, is_default=True).count() == 1
    assert "enrolment.made_default" in kinds(ana)


def test_usual_one_is_asked_first_at_the_next_sign_in(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    ana.browser.press("Make default Authenticator app")
    ana.browser.press("Sign out")

    assert "app shows" in ana.give_password()


# Removing ------------------------------------------------------------------------------------------------------


def test_removes_after_a_confirmation(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Remove Phone call")
    assert "Remove this method?" in ana.page
    assert methods_of(ana) == ["text", "call", "totp"]

    page = ana.browser.press("Remove method")

    assert (page.path, "We removed the method" in page) == ("/methods/", True)
    assert methods_of(ana) == ["text", "totp"]
    assert mails(ana) == ["method_removed"]
    assert "enrolment.removed" in kinds(ana)


def test_removing_ends_other_sign_ins_and_browsers_but_not_this_one(ana: Person, clock: Clock) -> None:
    other = Person(ana.user, ana.phone)
    other.sign_in()
    clock.forward(seconds=31)
    at_methods(ana)
    remembered_elsewhere(ana)
    before = ana.browser.session_key

    ana.browser.follow("Remove Phone call")
    ana.browser.press("Remove method")

    assert other.browser.go("/").path == "/sign-in/"
    assert ana.browser.go("/").path == "/"
    assert ana.browser.session_key != before
    assert "No remembered browsers" in ana.browser.go("/browsers/")


def test_usual_moves_to_what_is_left(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Remove Text message")
    ana.browser.press("Remove method")

    assert default_of(ana) == "call"


def test_last_required_method_is_refused_with_the_reason(cleo: Person) -> None:
    at_methods(cleo)
    cleo.browser.follow("Remove")

    page = cleo.browser.press("Remove method")

    assert "This is your last method, and your organisation requires one. Add another method first." in page
    assert methods_of(cleo) == ["totp"]
    assert mails(cleo) == []


def test_recovery_codes_are_no_way_in_of_their_own(cleo: Person) -> None:
    cleo.print_codes()
    at_methods(cleo)
    cleo.browser.follow("Remove")

    assert "This is your last method" in cleo.browser.press("Remove method")


def test_what_the_policy_forbids_is_no_way_in(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["totp"])
    ana.browser.go(f"/methods/{ana.enrolment('totp').ref}/remove/")

    assert "This is your last method" in ana.browser.press("Remove method")


def test_forbidden_one_can_be_removed_by_its_link(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["totp"])
    ana.browser.go("/methods/")
    ana.browser.follow("Remove Text message")
    ana.browser.press("Remove method")

    assert methods_of(ana) == ["call", "totp"]


def test_staff_keep_one_whatever_is_asked_of_them(dev: Person) -> None:
    User.objects.filter(pk=dev.user.pk).update(second_step=SecondStep.DISABLED)
    at_methods(dev)
    dev.browser.follow("Remove")

    assert "This is your last method" in dev.browser.press("Remove method")


def test_whoever_need_not_have_one_may_remove_the_last(cleo: Person) -> None:
    at_methods(cleo)
    User.objects.filter(pk=cleo.user.pk).update(second_step=SecondStep.DISABLED)
    cleo.browser.go(f"/methods/{cleo.enrolment('totp').ref}/remove/")

    cleo.browser.press("Remove method")

    assert methods_of(cleo) == []


def test_removed_twice_is_removed_once(ana: Person) -> None:
    at_methods(ana)
    ref = ana.enrolment("call").ref
    ana.browser.send(f"/methods/{ref}/remove/")

    assert ana.browser.send(f"/methods/{ref}/remove/").status == 404
    assert mails(ana) == ["method_removed"]


def test_removing_what_one_signed_in_with_wants_a_new_proof_for_the_next_action(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Remove Authenticator app")
    ana.browser.press("Remove method")

    assert ana.browser.go("/methods/add/").path == "/sign-in/again/"


def test_two_removed_at_once_leave_a_usual_one(ana: Person) -> None:
    """Seen: the second method had become the default, its row in memory was stale, and no default was left."""
    at_methods(ana)
    usual, next_one = ana.enrolment("text"), ana.enrolment("call")

    for row in (usual, next_one):
        enrolments.remove(row, _context(), allowed=("text", "call", "totp"), must_keep_one=True)

    assert default_of(ana) == "totp"


def test_removed_one_cannot_become_the_usual_one(ana: Person) -> None:
    """Seen: the others lost the default mark before the code saw that this one was gone, so none was left."""
    gone = ana.enrolment("call")
    Enrolment.objects.filter(pk=gone.pk).delete()

    enrolments.make_default(gone, _context())

    assert default_of(ana) == "text"


def _context() -> Context:
    return Context(now=timezone.now())


# Trying out ----------------------------------------------------------------------------------------------------


def test_tries_a_method_out(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    clock.forward(days=200)
    ana.browser.press("Sign out")
    at_methods(ana)
    assert "Does Text message ••• •• 23 still reach you?" in ana.page

    ana.browser.press("Try it now Text message")
    page = ana.verify(ana.read_text())

    assert (page.path, "It works." in page) == ("/methods/", True)
    assert "Does Text" not in page.words


def test_needs_no_fresh_proof_and_gives_none(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    clock.forward(minutes=11)
    ana.browser.press("Try it now Authenticator app")
    ana.verify(ana.read_app())

    assert ana.page.path == "/methods/"
    assert ana.browser.go("/methods/add/").path == "/sign-in/again/"


def _switch_off(person: Person, method: str) -> None:
    now = timezone.now()
    Failure.objects.update_or_create(user=person.user, method=method, defaults={"consecutive": 30, "locked_at": now})


def test_method_that_is_off_is_set_up_again_and_not_tried_out(ana: Person, clock: Clock) -> None:
    """Before the fix, a passed self-test with the same seed unlocked it."""
    at_methods(ana)
    _switch_off(ana, "totp")
    page = ana.browser.reload()
    assert "Authenticator app is locked" in page
    assert not page.offers("Try it now Authenticator app")
    former = ana.enrolment("totp")

    ana.browser.send(f"/methods/{former.ref}/try/")
    assert "is locked" in ana.browser.go("/methods/")

    ana.browser.follow("Set up again Authenticator app")
    ana.browser.press("Authenticator app")
    draft = Enrolment.objects.get(user=ana.user, method="totp", confirmed=False)
    ana.verify(f"{totp(draft.secret):06d}")

    assert "switched off" not in ana.browser.go("/methods/").words
    assert ana.enrolment("totp") == draft


def test_locked_codes_are_replaced_by_new_ones(ana: Person) -> None:
    ana.print_codes()
    _switch_off(ana, "recovery")
    page = at_methods(ana)
    assert "Recovery code is locked" in page
    assert not page.offers("Set it up again")

    ana.browser.follow("Get new codes")
    ana.browser.press("Get new codes")

    assert "is locked" not in ana.browser.go("/methods/")


def test_locked_token_leads_to_the_support_desk(cleo: Person) -> None:
    call_command("assign_token", "cleo", "TK-0042", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", stdout=StringIO())
    Enrolment.objects.filter(user=cleo.user, method="token").update(confirmed=True, confirmed_at=timezone.now())
    _switch_off(cleo, "token")

    page = at_methods(cleo)

    assert "Hardware token …0042 is locked There were too many incorrect codes. The support desk can help you." in page
    assert not page.offers("Set it up again")
    assert "Set up again" not in card(page, "Hardware token")


def test_failed_self_tests_never_count_against_sign_in(ana: Person, clock: Clock) -> None:
    at_methods(ana)
    for _ in range(3):
        ana.browser.go("/methods/")
        ana.browser.press("Try it now Authenticator app")
        for _ in range(5):
            if not ana.page.offers("Verify"):
                break
            ana.verify("000000")
    assert not Failure.objects.filter(method="totp", consecutive__gt=0).exists()
    assert Failure.objects.get(method="self_test.totp").next_at is not None

    ana.browser.go("/")
    ana.browser.press("Sign out")
    clock.forward(seconds=31)

    assert ana.sign_in().path == "/"


def test_failed_enrolments_never_count_against_sign_in(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Authenticator app")
    for _ in range(5):
        ana.verify("000000")

    assert not Failure.objects.filter(method="totp", consecutive__gt=0).exists()


def test_self_test_waits_too_so_that_a_session_is_no_place_to_guess(ana: Person) -> None:
    at_methods(ana)
    for _ in range(2):
        ana.browser.go("/methods/")
        ana.browser.press("Try it now Authenticator app")
        for _ in range(5):
            if ana.page.offers("Verify"):
                ana.verify("000000")

    assert "Locked until" in ana.page


# Recovery codes ------------------------------------------------------------------------------------------------


def shown_codes(page: Page) -> list[str]:
    return re.findall(r"<li><code>([A-Z0-9 ]+)</code></li>", page.html)


def test_renews_recovery_codes_and_the_old_die(ana: Person, clock: Clock) -> None:
    ana.print_codes()
    at_methods(ana)
    ana.browser.follow("Get new codes")
    page = ana.browser.press("Get new codes")
    fresh = shown_codes(page)
    assert len(set(fresh)) == 10
    assert mails(ana) == ["codes_renewed"]
    ana.browser.go("/")
    ana.browser.press("Sign out")

    ana.give_password()
    ana.choose("Recovery code")
    assert "Incorrect code" in ana.verify(ana.codes[0])
    assert ana.verify(fresh[0]).path == "/"
    assert mails(ana) == ["codes_renewed", "codes_used"]


def test_codes_are_shown_by_the_post_alone(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Get new codes")
    codes = shown_codes(ana.browser.press("Get new codes"))

    assert shown_codes(ana.browser.reload()) == []
    assert codes[0].replace(" ", "") not in str(list(SingleUseCode.objects.values()))
    assert ana.browser.client.get("/methods/recovery-codes/")["Cache-Control"].count("no-store")


@pytest.mark.parametrize(("left", "is_told"), [(4, False), (3, True), (1, True), (0, True)])
def test_nudges_at_three(ana: Person, left: int, is_told: bool) -> None:
    ana.print_codes()
    spent = SingleUseCode.objects.order_by("pk")[: 10 - left]
    SingleUseCode.objects.filter(pk__in=[row.pk for row in spent]).update(used_at=timezone.now())

    page = at_methods(ana)

    words = {
        3: "You have 3 recovery codes left",
        1: "You have 1 recovery code left",
        0: "You have no recovery codes",
    }.get(left)
    assert ("Print 10 new ones" in page) is is_told
    assert words is None or words in page


def test_codes_do_not_exist_where_the_policy_forbids_them(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["text", "call", "totp"])

    assert ana.browser.go("/methods/recovery-codes/").status == 404
    assert "Recovery codes" not in ana.browser.go("/methods/")


@pytest.mark.parametrize("path", ["/", "/methods/"])
def test_codes_that_the_policy_no_longer_allows_are_no_backup(path: str, cleo: Person) -> None:
    cleo.print_codes()
    cleo.sign_in()
    assert "You have a backup" in cleo.browser.go(path)
    Policy.objects.create(methods=["text", "call", "totp"])

    page = cleo.browser.go(path)

    assert "You have a backup" not in page
    assert "You have only one method" in page


@pytest.mark.parametrize("path", ["/", "/methods/"])
def test_codes_alone_are_no_method_for_everyday_use(path: str, cleo: Person) -> None:
    cleo.print_codes()
    cleo.sign_in()
    cleo.enrolment("totp").delete()

    page = cleo.browser.go(path)

    assert "You have a backup" not in page
    assert "You have no method for everyday use" in page


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
    assert "still reach you" not in at_methods(ana).words
    ana.browser.press("Sign out")
    clock.forward(days=2)

    assert "still reach you" in at_methods(ana).words


def test_eve_has_her_own_limits(ana: Person) -> None:
    eve = join("eve").set_up("totp")
    _switch_off(ana, "totp")

    assert eve.sign_in().path == "/"


# Handed out ----------------------------------------------------------------------------------------------------


def test_token_is_offered_to_whom_it_was_handed_out_and_activated(ana: Person, cleo: Person) -> None:
    call_command("assign_token", "ana", "TK-0042", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", stdout=StringIO())
    at_methods(cleo)
    assert not cleo.browser.go("/methods/add/").offers("Hardware token")
    at_methods(ana)
    ana.browser.follow("Add a method")
    ana.browser.press("Hardware token")

    page = ana.browser.press("Continue", serial="TK-0043")
    assert "No token with this number is assigned to you" in page
    assert page.form("Continue")[0].fields["serial"] == "TK-0043"
    ana.browser.press("Continue", serial="tk-0042")
    page = ana.verify(_app_code(ana.enrolment("token")))

    assert "Hardware token …0042" in page
    assert mails(ana) == ["method_added"]


# One transaction with its mail ---------------------------------------------------------------------------------


def _add(person: Person) -> object:
    ana_app = enrolments.draft(person.user, registry.method("totp"), {})
    rules = policies.rules_for(person.user.pk)
    issued = challenges.start(
        ana_app, user=person.user, purpose=Purpose.ENROL, binding="tab", context=_context(), rules=rules
    )
    return challenges.answer(issued.handle, _app_code(ana_app), binding="tab", context=_context())


def _spend_code(person: Person) -> object:
    rules = policies.rules_for(person.user.pk)
    issued = challenges.start(
        person.enrolment("recovery"),
        user=person.user,
        purpose=Purpose.SIGN_IN,
        binding="tab",
        context=_context(),
        rules=rules,
    )
    return challenges.answer(issued.handle, person.codes[0], binding="tab", context=_context())


def _remove(person: Person) -> object:
    return enrolments.remove(person.enrolment("call"), _context(), allowed=("text", "totp"), must_keep_one=True)


def _renew(person: Person) -> object:
    return enrolments.issue_recovery_codes(person.user, _context(), method_name="recovery")


ACTIONS: dict[str, Callable[[Person], object]] = {
    "method_added": _add,
    "method_removed": _remove,
    "codes_renewed": _renew,
    "codes_used": _spend_code,
}


@pytest.mark.parametrize("notice", ACTIONS)
def test_action_leaves_one_mail(ana: Person, notice: str) -> None:
    ana.print_codes()

    ACTIONS[notice](ana)

    assert mails(ana) == [notice]


@pytest.mark.parametrize("notice", ACTIONS)
def test_action_is_not_done_without_its_mail(ana: Person, notice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Email and action share a transaction: if one fails, neither happens."""
    ana.print_codes()
    before = (methods_of(ana), enrolments.recovery_codes_left(ana.user.pk), User.objects.get(pk=ana.user.pk).epoch)

    def broken(*_: object, **__: object) -> None:
        raise OSError("no outbox")

    monkeypatch.setattr("verification.delivery.outbox.notice", broken)
    with pytest.raises(OSError, match="outbox"):
        ACTIONS[notice](ana)

    after = (methods_of(ana), enrolments.recovery_codes_left(ana.user.pk), User.objects.get(pk=ana.user.pk).epoch)
    assert after == before
    assert AuditEvent.objects.exclude(kind="challenge.issued").count() == 1  # the codes that were printed


@pytest.mark.parametrize("address", ["", "ana@example.org"])
def test_person_without_a_mail_address_can_do_everything(ana: Person, address: str) -> None:
    User.objects.filter(pk=ana.user.pk).update(email=address)
    ana.user.refresh_from_db()
    ana.print_codes()

    for action in ACTIONS.values():
        assert action(ana)


def test_codes_that_are_shown_survive_a_reload_of_their_page(ana: Person) -> None:
    ana.print_codes()
    ana.sign_in()
    ana.browser.go("/methods/recovery-codes/")
    sent = {"replaces": ana.page.form("Get new codes")[0].fields["replaces"]}
    first = ana.browser.send("/methods/recovery-codes/", **sent)
    kept = Enrolment.objects.get(user=ana.user, method="recovery").ref

    again = ana.browser.send("/methods/recovery-codes/", **sent)

    assert first.html.count("<li><code>") == 10
    assert "<li><code>" not in again.html
    assert Enrolment.objects.get(user=ana.user, method="recovery").ref == kept


def test_locked_codes_are_not_counted_as_if_they_worked(ana: Person) -> None:
    """The card said "You have 10 codes left … Use one", and so did two other pages. Seen failing."""
    ana.print_codes()
    at_methods(ana)
    counted = re.compile(r"\d codes? left|Use one|recovery codes left")

    def pages() -> list[Page]:
        return [ana.browser.go(address) for address in ("/methods/", "/", "/methods/recovery-codes/")]

    assert all(counted.search(page.words) for page in pages())

    _switch_off(ana, "recovery")
    found = pages()

    assert [page.path for page in found if counted.search(page.words)] == []
    assert found[0].offers("Get new codes")


def test_new_codes_that_would_be_locked_too_are_not_offered(ana: Person) -> None:
    ana.print_codes()
    at_methods(ana)
    Failure.objects.create(user=ana.user, method="*", consecutive=100, locked_at=timezone.now())

    assert not ana.browser.reload().offers("Get new codes")


def test_method_that_waits_is_not_to_be_tried(ana: Person) -> None:
    """Seen failing: "Try again at 09:30" stood beside "Try it now"."""
    at_methods(ana)
    soon = timezone.now() + timedelta(minutes=30)
    Failure.objects.update_or_create(user=ana.user, method="totp", defaults={"consecutive": 9, "next_at": soon})

    page = ana.browser.reload()

    assert not page.offers("Try it now Authenticator app")
    assert page.offers("Try it now Text")
