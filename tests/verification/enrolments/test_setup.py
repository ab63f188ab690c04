"""Setting up a method: worth nothing before its proof."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model

from tests.verification.conftest import BINDING, NUMBER, EngineUser
from tests.verification.enrolments.conftest import enrol, methods, options, prove
from verification import challenges, enrolments, method_registry
from verification.models import AuditEvent, Enrolment, Message
from verification.outcomes import Verdict

OFFICE = {"country": "CH", "number": "044 555 01 67", "extension": "12"}


def test_draft_counts_for_nothing(engine_user: EngineUser) -> None:
    enrol(engine_user, "text", country="CH", number=NUMBER)

    assert methods(engine_user) == []
    assert options(engine_user) == ()


def test_draft_cannot_be_asked_for_at_sign_in(engine_user: EngineUser) -> None:
    """R19: what was typed and not proven opens nothing."""
    enrol(engine_user, "totp")

    assert enrolments.by_ref(engine_user.user.pk, engine_user.enrolment("totp").ref) is None
    assert enrolments.by_id(engine_user.user.pk, engine_user.enrolment("totp").pk) is None


def test_newer_draft_replaces_the_older_one(engine_user: EngineUser) -> None:
    first = enrol(engine_user, "text", country="CH", number=NUMBER)
    code = engine_user.code(first)
    enrol(engine_user, "text", binding="two", country="CH", number="079 555 99 99")

    assert engine_user.answer(first, code).verdict is Verdict.GONE
    assert Enrolment.objects.count() == 1


def test_number_that_takes_texts_can_be_called_too(engine_user: EngineUser) -> None:
    prove(engine_user, enrol(engine_user, "text", country="CH", number=NUMBER))

    assert methods(engine_user) == ["text", "call"]


def test_mobile_number_proven_by_a_call_takes_texts_too(engine_user: EngineUser) -> None:
    issued = enrol(engine_user, "call", country="CH", number=NUMBER, extension="")
    call = engine_user.deliver()[-1]
    challenges.keyed(call.message_id, f"{engine_user.match(issued)}#", now=engine_user.context.now)
    assert engine_user.collect(issued).proven

    assert sorted(methods(engine_user)) == ["call", "text"]


@pytest.mark.parametrize("fields", [OFFICE, OFFICE | {"extension": ""}])
def test_office_phone_is_called_only(engine_user: EngineUser, fields: dict[str, str]) -> None:
    issued = enrol(engine_user, "call", **fields)
    call = engine_user.deliver()[-1]
    challenges.keyed(call.message_id, f"{engine_user.match(issued)}#", now=engine_user.context.now)
    assert engine_user.collect(issued).proven

    assert methods(engine_user) == ["call"]


def test_number_set_up_twice_is_one_enrolment(ana: EngineUser) -> None:
    prove(ana, enrol(ana, "text", binding="two", country="CH", number=NUMBER), binding="two")

    assert sorted(methods(ana)) == ["call", "text", "totp"]


def test_two_people_may_share_a_number(ana: EngineUser) -> None:
    eve = EngineUser(get_user_model().objects.create(username="eve"), ana.context)

    prove(eve, enrol(eve, "text", binding="hers", country="CH", number=NUMBER), binding="hers")

    assert methods(eve) == ["text", "call"]
    assert methods(ana) == ["text", "call", "totp"]


def test_method_has_a_limit_for_each_person(engine_user: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(method_registry.method("totp")), "max_enrolments", 0)

    assert enrol(engine_user, "totp").verdict is Verdict.FULL


def test_forbidden_method_cannot_be_set_up(engine_user: EngineUser) -> None:
    rules = replace(engine_user.rules, methods=("totp",))
    fields = {"country": "CH", "number": NUMBER}

    outcome = challenges.enrol(
        engine_user.user, "text", fields, binding=BINDING, context=engine_user.context, rules=rules
    )

    assert outcome.verdict is Verdict.UNREACHABLE
    assert not Enrolment.objects.exists()


def test_new_method_is_told_to_the_owner_and_recorded(engine_user: EngineUser) -> None:
    prove(engine_user, enrol(engine_user, "text", country="CH", number=NUMBER))

    assert Message.objects.filter(kind="mail", template="verification/notices/to_person/method_added.txt").count() == 1
    assert AuditEvent.objects.filter(kind="enrolment.confirmed", user_id=engine_user.user.pk).count() == 1
