"""Setting up a method: worth nothing before its proof."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import BINDING, NUMBER, EngineUser
from tests.verification.enrolments.conftest import enrol, methods, options, prove
from verification import challenges, enrolments, registry
from verification.models import AuditEvent, Enrolment, Message
from verification.outcomes import Verdict

OFFICE = {"country": "CH", "number": "044 555 01 67", "extension": "12"}


def test_draft_counts_for_nothing(who: EngineUser) -> None:
    enrol(who, "text", country="CH", number=NUMBER)

    assert methods(who) == []
    assert options(who) == ()


def test_draft_cannot_be_asked_for_at_sign_in(who: EngineUser) -> None:
    """R19: what was typed and not proven opens nothing."""
    enrol(who, "totp")

    assert enrolments.by_ref(who.user.pk, who.enrolment("totp").ref) is None
    assert enrolments.by_id(who.user.pk, who.enrolment("totp").pk) is None


def test_newer_draft_replaces_the_older_one(who: EngineUser) -> None:
    first = enrol(who, "text", country="CH", number=NUMBER)
    code = who.code(first)
    enrol(who, "text", binding="two", country="CH", number="079 555 99 99")

    assert who.answer(first, code).verdict is Verdict.GONE
    assert Enrolment.objects.count() == 1


def test_number_that_takes_texts_can_be_called_too(who: EngineUser) -> None:
    prove(who, enrol(who, "text", country="CH", number=NUMBER))

    assert methods(who) == ["text", "call"]


def test_mobile_number_proven_by_a_call_takes_texts_too(who: EngineUser) -> None:
    issued = enrol(who, "call", country="CH", number=NUMBER, extension="")
    call = who.deliver()[-1]
    challenges.keyed(call.message_id, f"{who.match(issued)}#", now=who.context.now)
    assert who.collect(issued).proven

    assert sorted(methods(who)) == ["call", "text"]


@pytest.mark.parametrize("fields", [OFFICE, OFFICE | {"extension": ""}])
def test_office_phone_is_called_only(who: EngineUser, fields: dict[str, str]) -> None:
    issued = enrol(who, "call", **fields)
    call = who.deliver()[-1]
    challenges.keyed(call.message_id, f"{who.match(issued)}#", now=who.context.now)
    assert who.collect(issued).proven

    assert methods(who) == ["call"]


def test_number_set_up_twice_is_one_enrolment(ana: EngineUser) -> None:
    prove(ana, enrol(ana, "text", binding="two", country="CH", number=NUMBER), binding="two")

    assert sorted(methods(ana)) == ["call", "text", "totp"]


def test_two_people_may_share_a_number(ana: EngineUser) -> None:
    eve = EngineUser(get_user_model().objects.create(username="eve"), ana.context)

    prove(eve, enrol(eve, "text", binding="hers", country="CH", number=NUMBER), binding="hers")

    assert methods(eve) == ["text", "call"]
    assert methods(ana) == ["text", "call", "totp"]


def test_method_has_a_limit_for_each_person(who: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(registry.method("totp")), "max_enrolments", 0)

    assert enrol(who, "totp").verdict is Verdict.FULL


def test_forbidden_method_cannot_be_set_up(who: EngineUser) -> None:
    rules = replace(who.rules, methods=("totp",))
    fields = {"country": "CH", "number": NUMBER}

    outcome = challenges.enrol(who.user, "text", fields, binding=BINDING, context=who.context, rules=rules)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert not Enrolment.objects.exists()


def test_new_method_is_told_to_the_owner_and_recorded(who: EngineUser) -> None:
    prove(who, enrol(who, "text", country="CH", number=NUMBER))

    assert Message.objects.filter(kind="mail", template="verification/notices/method_added.txt").count() == 1
    assert AuditEvent.objects.filter(kind="enrolment.confirmed", user_id=who.user.pk).count() == 1
