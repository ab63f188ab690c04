"""No more messages go out than the limits say, and few that nobody answers."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.verification.conftest import EngineUser, app_code
from verification import challenges
from verification.limits.counting.counter_rows import UNLIMITED
from verification.models import (
    Failure,
    FailureReason,
    Message,
    MessageState,
    Purpose,
)
from verification.outcomes import Outcome, Verdict


def mails(*, to: str = "") -> list[str]:
    rows = Message.objects.filter(kind="mail").order_by("pk")
    return [row.template.rsplit("/", 1)[1][:-4] for row in rows if not to or row.address == to]


def start_often(engine_user: EngineUser, method: str, n: int) -> list[Verdict]:
    """Sign in so often with the right password, each in a session of its own, a minute apart; answer nothing."""
    return [
        engine_user.later(minutes=at).start(method, binding=f"{engine_user.context.now} {at}").verdict
        for at in range(n)
    ]


def test_three_calls_ring_that_nobody_approves(ana: EngineUser) -> None:
    """Twenty sign-ins with a known password rang the phone ten times in an hour."""
    assert start_often(ana, "call", 6) == [Verdict.ISSUED] * 3 + [Verdict.UNANSWERED] * 3
    assert mails() == ["too_many_unanswered_messages"]

    assert ana.later(minutes=2 + 29).start("call", binding="b").verdict is Verdict.UNANSWERED
    assert ana.later(minutes=2 + 30).start("call", binding="c").issued
    assert ana.later(minutes=2 + 31).start("call", binding="d").verdict is Verdict.UNANSWERED
    assert ana.later(minutes=2 + 60).start("call", binding="e").issued
    assert mails() == ["too_many_unanswered_messages"]
    assert start_often(ana.later(days=2), "call", 4) == [Verdict.ISSUED] * 3 + [Verdict.UNANSWERED]


def test_counts_a_message_against_all_its_limits_in_one_statement(ana: EngineUser) -> None:
    """PostgreSQL had one for unanswered messages and one for the others, and each waited for the disk."""
    with CaptureQueriesContext(connection) as captured:
        assert ana.start("text").issued

    counting = [
        query
        for query in captured
        if "INTO verification_counter" in query["sql"] or "INTO verification_failure" in query["sql"]
    ]
    assert len(counting) == (1 if connection.vendor == "postgresql" else 2)


def test_sign_in_by_another_method_lets_calls_go_out_again(ana: EngineUser) -> None:
    start_often(ana, "call", 4)
    now = ana.later(minutes=5)
    issued = now.start("totp", binding="app")
    assert now.answer(issued, app_code(ana.enrolment("totp"), now.context.now), binding="app").proven

    assert now.start("call", binding="again").issued


def test_approved_calls_are_as_many_as_wanted(ana: EngineUser) -> None:
    for at in range(5):
        now = ana.later(minutes=at)
        issued = now.start("call", binding=f"b{at}")
        message = Message.objects.filter(challenge__handle=issued.handle).get()
        shown = challenges.show(issued.handle, binding=f"b{at}", now=now.context.now)
        assert shown is not None
        challenges.keyed(message.handle, f"{shown.match_code}#", now=now.context.now)
        assert now.collect(issued, binding=f"b{at}").proven


def test_calls_that_are_far_apart_are_no_pattern(ana: EngineUser) -> None:
    verdicts = [ana.later(minutes=16 * at).start("call", binding=f"b{at}").verdict for at in range(5)]

    assert verdicts == [Verdict.ISSUED] * 5


def test_sending_again_counts_like_asking(ana: EngineUser) -> None:
    issued = ana.start("call")

    verdicts = [ana.later(minutes=at).resend(issued).verdict for at in (1, 2, 3)]

    assert verdicts == [Verdict.ISSUED] * 2 + [Verdict.UNANSWERED]


def test_counts_no_more_unanswered_messages_than_its_column_holds(ana: EngineUser) -> None:
    """Seen failing on PostgreSQL: the next count didn't fit, which was an error 500."""
    Failure.objects.update_or_create(
        user=ana.user, method="prompt.text", defaults={"consecutive": UNLIMITED, "next_at": ana.context.now}
    )

    assert ana.start("text").issued
    assert Failure.objects.get(method="prompt.text").consecutive == UNLIMITED


def test_texts_that_nobody_types_are_bounded_too(ana: EngineUser) -> None:
    assert start_often(ana, "text", 7) == [Verdict.ISSUED] * 5 + [Verdict.UNANSWERED] * 2
    assert ana.later(minutes=8).start("call", binding="call").issued


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        (FailureReason.UNREACHABLE, Verdict.ISSUED),
        (FailureReason.PROVIDER_DOWN, Verdict.ISSUED),
        (FailureReason.NO_ANSWER, Verdict.UNANSWERED),
    ],
)
def test_calls_that_never_rang_disturbed_nobody(ana: EngineUser, reason: FailureReason, verdict: Verdict) -> None:
    """During a carrier's bad hour people ask again and again; a call that nobody answered did ring."""
    start_often(ana, "call", 3)
    Message.objects.filter(kind="call").update(state=MessageState.UNDELIVERED, reason=reason)

    assert ana.later(minutes=4).start("call", binding="next").verdict is verdict


@pytest.mark.parametrize("purpose", [Purpose.CALLER, Purpose.SELF_TEST])
def test_code_that_would_have_to_wait_is_not_sent(ana: EngineUser, purpose: Purpose) -> None:
    """Callers and self-tests have a count of their own, but that at sign-in was looked at. Seen failing."""
    count(ana, f"{purpose}.text", next_at=ana.later(minutes=1).context.now)

    assert ana.start("text", purpose=purpose).verdict is Verdict.WAIT
    assert not Message.objects.exists()
    assert ana.later(minutes=1).start("text", purpose=purpose).issued


def test_setup_sends_no_code_that_would_have_to_wait(engine_user: EngineUser) -> None:
    """Seen failing: the code was sent, and its answer had to wait."""
    fields = {"country": "CH", "number": "079 555 12 34"}

    def enrol(at: EngineUser) -> Outcome:
        return challenges.enrol(at.user, "text", fields, binding="new", context=at.context, rules=at.rules)

    begun = enrol(engine_user)
    count(engine_user, "enrol.text", next_at=engine_user.later(minutes=1).context.now)

    assert enrol(engine_user).verdict is Verdict.WAIT
    assert engine_user.later(seconds=40).resend(begun, binding="new").verdict is Verdict.WAIT
    assert Message.objects.filter(kind="text").count() == 1
    later = engine_user.later(minutes=1)
    assert later.answer(begun, engine_user.code(begun), binding="new").proven  # its draft was left alone


def test_locked_method_can_be_set_up_again(ana: EngineUser) -> None:
    count(ana, "text", locked_at=ana.context.now)
    fields = {"country": "CH", "number": "079 555 12 99"}

    begun = challenges.enrol(ana.user, "text", fields, binding="new", context=ana.context, rules=ana.rules)

    assert begun.issued


@pytest.mark.parametrize("name", ["text", "caller.text"])
def test_code_is_not_sent_to_a_caller_by_a_locked_method(ana: EngineUser, name: str) -> None:
    count(ana, name, locked_at=ana.context.now)

    assert ana.start("text", purpose=Purpose.CALLER).verdict is Verdict.OFF
    assert not Message.objects.exists()


def test_waits_at_sign_in_delay_no_caller(ana: EngineUser) -> None:
    count(ana, "text", next_at=ana.later(minutes=1).context.now)

    assert ana.start("text").verdict is Verdict.WAIT
    assert ana.start("text", purpose=Purpose.CALLER).issued


def count(engine_user: EngineUser, name: str, **until: datetime) -> None:
    """Let a count delay or lock."""
    Failure.objects.create(user=engine_user.user, method=name, consecutive=30, **until)


def test_sends_no_more_than_the_limits_say(ana: EngineUser, settings: Any) -> None:
    settings.UNANSWERED_TEXTS = 100  # the pattern of messages that nobody answers is another bound
    outcomes = [ana.start("text", binding=f"b{n}").verdict for n in range(12)]

    assert outcomes.count(Verdict.ISSUED) == 9  # the tenth of this hour went to the registration
    assert outcomes[-1] is Verdict.LIMITED
    assert Message.objects.filter(kind="text").count() == 9
