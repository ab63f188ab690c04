"""Keys pressed on the phone approve, ask for the code, or report fraud."""

from tests.verification.conftest import EngineUser
from verification import challenges
from verification.methods.call.method import method
from verification.models import (
    AuditEvent,
    Challenge,
    Message,
    Policy,
)
from verification.outcomes import Verdict, VerdictText


def test_call_is_approved_with_the_digits_of_the_page(ana: EngineUser) -> None:
    issued = ana.start("call")
    call = ana.deliver()[-1]

    assert ana.collect(issued).verdict is Verdict.PENDING
    spoken = challenges.keyed(call.message_id, f"{ana.match(issued)}#", now=ana.context.now)

    assert spoken is not None
    assert "verified" in spoken.words
    assert ana.collect(issued).proven
    assert ana.collect(issued).verdict is Verdict.USED


def test_call_is_not_approved_by_the_hash_alone(ana: EngineUser) -> None:
    issued = ana.start("call")
    call = ana.deliver()[-1]

    spoken = challenges.keyed(call.message_id, "#", now=ana.context.now)

    assert spoken is not None
    assert spoken.more
    assert ana.collect(issued).verdict is Verdict.PENDING


def test_page_that_continues_too_early_says_to_answer_the_call(ana: EngineUser) -> None:
    issued = ana.start("call")

    outcome = ana.collect(issued)

    assert outcome.said == VerdictText(*map(str, method.not_approved))


def test_policy_may_let_the_hash_alone_approve(ana: EngineUser) -> None:
    Policy.objects.create(number_matching=False)
    issued = ana.start("call")
    call = ana.deliver()[-1]
    challenges.keyed(call.message_id, "#", now=ana.context.now)

    assert ana.collect(issued).proven


def test_call_reads_the_code_out_only_after_a_key(ana: EngineUser) -> None:
    issued = ana.start("call", mode="code")
    call = ana.deliver()[-1]
    code = ana.code(issued)

    assert ", ".join(code) not in call.words
    spoken = challenges.keyed(call.message_id, "1", now=ana.context.now)

    assert spoken is not None
    assert spoken.words.count(", ".join(code)) == 2
    assert ana.answer(issued, code).proven


def test_fraud_report_stops_the_sign_in_and_locks_the_second_step(ana: EngineUser) -> None:
    issued = ana.start("call")
    call = ana.deliver()[-1]

    challenges.keyed(call.message_id, "0#", now=ana.context.now)
    ana.user.refresh_from_db()

    assert ana.user.second_step_locked_at == ana.context.now
    assert ana.collect(issued).verdict is Verdict.DENIED
    assert AuditEvent.objects.filter(kind="challenge.reported", user_id=ana.user.pk).count() == 1
    assert sorted(Message.objects.filter(kind="mail").values_list("template", flat=True)) == [
        "verification/notices/to_person/fraud_reported_in_call.txt",
        "verification/notices/to_support_desk/fraud_reported_in_call.txt",
    ]


def test_keys_of_an_older_call_do_nothing(ana: EngineUser) -> None:
    issued = ana.start("call")
    older = ana.deliver()[-1]
    later = ana.later(seconds=31)
    later.resend(issued)

    challenges.keyed(older.message_id, f"{ana.match(issued)}#", now=later.context.now)

    assert later.collect(issued).verdict is Verdict.PENDING


def test_keys_without_the_hash_cost_no_try(ana: EngineUser) -> None:
    issued = ana.start("call")
    call = ana.deliver()[-1]

    spoken = challenges.keyed(call.message_id, "4", now=ana.context.now)

    assert spoken is not None
    assert spoken.more
    assert Challenge.objects.get(handle=issued.handle).tries_left == 5
