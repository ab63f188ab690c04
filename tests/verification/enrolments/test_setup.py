"""Setting up a method: worth nothing before its proof."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import BINDING, NUMBER, Desk
from tests.verification.enrolments.conftest import enrol, methods, options, prove
from verification import challenges, enrolments, registry
from verification.models import AuditEvent, Enrolment, Message
from verification.outcomes import Verdict

OFFICE = {"country": "CH", "number": "044 555 01 67", "extension": "12"}


def test_draft_counts_for_nothing(desk: Desk) -> None:
    enrol(desk, "text", country="CH", number=NUMBER)

    assert methods(desk) == []
    assert options(desk) == ()


def test_draft_cannot_be_asked_for_at_sign_in(desk: Desk) -> None:
    """R19: what was typed and not proven opens nothing."""
    enrol(desk, "totp")

    assert enrolments.by_ref(desk.user.pk, desk.enrolment("totp").ref) is None
    assert enrolments.by_id(desk.user.pk, desk.enrolment("totp").pk) is None


def test_newer_draft_replaces_the_older_one(desk: Desk) -> None:
    first = enrol(desk, "text", country="CH", number=NUMBER)
    code = desk.code(first)
    enrol(desk, "text", binding="two", country="CH", number="079 555 99 99")

    assert desk.answer(first, code).verdict is Verdict.GONE
    assert Enrolment.objects.count() == 1


def test_number_that_takes_texts_can_be_called_too(desk: Desk) -> None:
    prove(desk, enrol(desk, "text", country="CH", number=NUMBER))

    assert methods(desk) == ["text", "call"]


def test_mobile_number_proven_by_a_call_takes_texts_too(desk: Desk) -> None:
    issued = enrol(desk, "call", country="CH", number=NUMBER, extension="")
    call = desk.deliver()[-1]
    challenges.keyed(call.message_id, f"{desk.match(issued)}#", now=desk.context.now)
    assert desk.collect(issued).proven

    assert sorted(methods(desk)) == ["call", "text"]


@pytest.mark.parametrize("fields", [OFFICE, OFFICE | {"extension": ""}])
def test_office_phone_is_called_only(desk: Desk, fields: dict[str, str]) -> None:
    issued = enrol(desk, "call", **fields)
    call = desk.deliver()[-1]
    challenges.keyed(call.message_id, f"{desk.match(issued)}#", now=desk.context.now)
    assert desk.collect(issued).proven

    assert methods(desk) == ["call"]


def test_number_set_up_twice_is_one_enrolment(ana: Desk) -> None:
    prove(ana, enrol(ana, "text", binding="two", country="CH", number=NUMBER), binding="two")

    assert sorted(methods(ana)) == ["call", "text", "totp"]


def test_two_people_may_share_a_number(ana: Desk) -> None:
    eve = Desk(get_user_model().objects.create(username="eve"), ana.context)

    prove(eve, enrol(eve, "text", binding="hers", country="CH", number=NUMBER), binding="hers")

    assert methods(eve) == ["text", "call"]
    assert methods(ana) == ["text", "call", "totp"]


def test_method_has_a_limit_for_each_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(registry.method("totp")), "max_enrolments", 0)

    assert enrol(desk, "totp").verdict is Verdict.FULL


def test_forbidden_method_cannot_be_set_up(desk: Desk) -> None:
    rules = replace(desk.rules, methods=("totp",))
    fields = {"country": "CH", "number": NUMBER}

    outcome = challenges.enrol(desk.user, "text", fields, binding=BINDING, context=desk.context, rules=rules)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert not Enrolment.objects.exists()


def test_new_method_is_told_to_the_owner_and_recorded(desk: Desk) -> None:
    prove(desk, enrol(desk, "text", country="CH", number=NUMBER))

    assert Message.objects.filter(kind="mail", template="verification/notices/method_added.txt").count() == 1
    assert AuditEvent.objects.filter(kind="enrolment.confirmed", user_id=desk.user.pk).count() == 1
