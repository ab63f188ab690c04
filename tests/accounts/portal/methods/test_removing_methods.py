"""Tests of removing a method on the portal: a method that is required stays, and everyone else's sign-ins end."""

from accounts.models import SecondStep, User
from tests.accounts.portal.conftest import kinds, mails, remembered_elsewhere
from tests.accounts.portal.methods.methods_page import at_methods, default_of, fresh_context, methods_of
from tests.simulated.people import Clock, Person
from verification import browsers, enrolments
from verification.models import Enrolment, Policy


def test_removes_after_a_confirmation(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Remove Phone call")
    assert ana.page.offers("Remove method")
    assert methods_of(ana) == ["text", "call", "totp"]

    page = ana.browser.press("Remove method")

    assert page.path == "/methods/"
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
    assert browsers.of_person(User.objects.get(pk=ana.user.pk), now=clock.now) == []


def test_usual_moves_to_what_is_left(ana: Person) -> None:
    at_methods(ana)
    ana.browser.follow("Remove Text message")
    ana.browser.press("Remove method")

    assert default_of(ana) == "call"


def test_last_required_method_is_refused_with_the_reason(cleo: Person) -> None:
    at_methods(cleo)
    cleo.browser.follow("Remove")

    page = cleo.browser.press("Remove method")

    assert "portal:last_method" in page.outcomes
    assert methods_of(cleo) == ["totp"]
    assert mails(cleo) == []


def test_recovery_codes_are_no_way_in_of_their_own(cleo: Person) -> None:
    cleo.print_codes()
    at_methods(cleo)
    cleo.browser.follow("Remove")

    cleo.browser.press("Remove method")

    assert "enrolment.removed" not in kinds(cleo)
    assert "totp" in methods_of(cleo)


def test_what_the_policy_forbids_is_no_way_in(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["totp"])
    ana.browser.go(f"/methods/{ana.enrolment('totp').ref}/remove/")

    ana.browser.press("Remove method")

    assert "enrolment.removed" not in kinds(ana)
    assert "totp" in methods_of(ana)


def test_forbidden_one_can_be_removed_by_its_link(ana: Person) -> None:
    at_methods(ana)
    Policy.objects.create(methods=["totp"])
    ana.browser.go("/methods/")
    ana.browser.follow("Remove Text message")
    ana.browser.press("Remove method")

    assert methods_of(ana) == ["call", "totp"]


def test_staff_keep_one_method_even_if_their_second_step_is_disabled(dev: Person) -> None:
    User.objects.filter(pk=dev.user.pk).update(second_step=SecondStep.DISABLED)
    at_methods(dev)
    dev.browser.follow("Remove")

    dev.browser.press("Remove method")

    assert "enrolment.removed" not in kinds(dev)
    assert "totp" in methods_of(dev)


def test_anyone_who_needs_no_method_may_remove_the_last_one(cleo: Person) -> None:
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
        enrolments.remove(row, fresh_context(), allowed=("text", "call", "totp"), one_must_stay=True)

    assert default_of(ana) == "totp"


def test_removed_one_cannot_become_the_usual_one(ana: Person) -> None:
    """Seen: the others lost the default mark before the code saw that this one was gone, so none was left."""
    gone = ana.enrolment("call")
    Enrolment.objects.filter(pk=gone.pk).delete()

    enrolments.make_default(gone, fresh_context())

    assert default_of(ana) == "text"
