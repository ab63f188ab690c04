"""Tests that a change of a method is done together with its email, or not at all."""

from collections.abc import Callable

import pytest

from accounts.models import User
from tests.accounts.portal.conftest import mails
from tests.accounts.portal.methods.methods_page import app_code, fresh_context, methods_of
from tests.simulated.people import Person
from verification import challenges, enrolments, method_registry, policies
from verification.models import AuditEvent, Purpose


def _add(person: Person) -> object:
    ana_app = enrolments.draft(person.user, method_registry.method("totp"), {})
    rules = policies.rules_for(person.user.pk)
    issued = challenges.start(
        ana_app, user=person.user, purpose=Purpose.ENROL, binding="tab", context=fresh_context(), rules=rules
    )
    return challenges.answer(issued.handle, app_code(ana_app), binding="tab", context=fresh_context())


def _spend_code(person: Person) -> object:
    rules = policies.rules_for(person.user.pk)
    issued = challenges.start(
        person.enrolment("recovery"),
        user=person.user,
        purpose=Purpose.SIGN_IN,
        binding="tab",
        context=fresh_context(),
        rules=rules,
    )
    return challenges.answer(issued.handle, person.codes[0], binding="tab", context=fresh_context())


def _remove(person: Person) -> object:
    return enrolments.remove(person.enrolment("call"), fresh_context(), allowed=("text", "totp"), one_must_stay=True)


def _renew(person: Person) -> object:
    return enrolments.issue_recovery_codes(person.user, fresh_context(), method_name="recovery")


ACTIONS: dict[str, Callable[[Person], object]] = {
    "method_added": _add,
    "method_removed": _remove,
    "recovery_codes_renewed": _renew,
    "recovery_code_used": _spend_code,
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
        ana.user.refresh_from_db()  # as each request reads them
        assert action(ana)
