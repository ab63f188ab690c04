"""No more messages go out than the limits say, and few that nobody answers."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.verification.conftest import Desk, app_code
from verification import challenges
from verification.models import (
    Message,
    MessageState,
    Reason,
)
from verification.outcomes import Verdict


def mails(*, to: str = "") -> list[str]:
    rows = Message.objects.filter(kind="mail").order_by("pk")
    return [row.template.rsplit("/", 1)[1][:-4] for row in rows if not to or row.address == to]


def ask(desk: Desk, method: str, n: int) -> list[Verdict]:
    """Sign in so often with the right password, each in a session of its own, a minute apart; answer nothing."""
    return [desk.later(minutes=at).start(method, binding=f"{desk.context.now} {at}").verdict for at in range(n)]


def test_three_calls_ring_that_nobody_approves(ana: Desk) -> None:
    """Twenty sign-ins with a known password rang the phone ten times in an hour."""
    assert ask(ana, "call", 6) == [Verdict.ISSUED] * 3 + [Verdict.UNANSWERED] * 3
    assert mails() == ["unanswered"]

    assert ana.later(minutes=2 + 29).start("call", binding="b").verdict is Verdict.UNANSWERED
    assert ana.later(minutes=2 + 30).start("call", binding="c").issued
    assert ana.later(minutes=2 + 31).start("call", binding="d").verdict is Verdict.UNANSWERED
    assert ana.later(minutes=2 + 60).start("call", binding="e").issued
    assert mails() == ["unanswered"]
    assert ask(ana.later(days=2), "call", 4) == [Verdict.ISSUED] * 3 + [Verdict.UNANSWERED]


def test_counts_a_message_against_all_its_limits_in_one_statement(ana: Desk) -> None:
    """PostgreSQL had one for unanswered messages and one for the others, and each waited for the disk."""
    with CaptureQueriesContext(connection) as captured:
        assert ana.start("text").issued

    counting = [
        query
        for query in captured
        if "INTO verification_counter" in query["sql"] or "INTO verification_failure" in query["sql"]
    ]
    assert len(counting) == (1 if connection.vendor == "postgresql" else 2)


def test_sign_in_by_another_method_lets_calls_go_out_again(ana: Desk) -> None:
    ask(ana, "call", 4)
    now = ana.later(minutes=5)
    issued = now.start("totp", binding="app")
    assert now.answer(issued, app_code(ana.enrolment("totp"), now.context.now), binding="app").proven

    assert now.start("call", binding="again").issued


def test_approved_calls_are_as_many_as_wanted(ana: Desk) -> None:
    for at in range(5):
        now = ana.later(minutes=at)
        issued = now.start("call", binding=f"b{at}")
        message = Message.objects.filter(challenge__handle=issued.handle).get()
        shown = challenges.show(issued.handle, binding=f"b{at}", now=now.context.now)
        assert shown is not None
        challenges.keyed(message.handle, f"{shown.match_code}#", now=now.context.now)
        assert now.collect(issued, binding=f"b{at}").proven


def test_calls_that_are_far_apart_are_no_pattern(ana: Desk) -> None:
    verdicts = [ana.later(minutes=16 * at).start("call", binding=f"b{at}").verdict for at in range(5)]

    assert verdicts == [Verdict.ISSUED] * 5


def test_sending_again_counts_like_asking(ana: Desk) -> None:
    issued = ana.start("call")

    verdicts = [ana.later(minutes=at).resend(issued).verdict for at in (1, 2, 3)]

    assert verdicts == [Verdict.ISSUED] * 2 + [Verdict.UNANSWERED]


def test_texts_that_nobody_types_are_bounded_too(ana: Desk) -> None:
    assert ask(ana, "text", 7) == [Verdict.ISSUED] * 5 + [Verdict.UNANSWERED] * 2
    assert ana.later(minutes=8).start("call", binding="call").issued


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        (Reason.UNREACHABLE, Verdict.ISSUED),
        (Reason.PROVIDER_DOWN, Verdict.ISSUED),
        (Reason.NO_ANSWER, Verdict.UNANSWERED),
    ],
)
def test_calls_that_never_rang_disturbed_nobody(ana: Desk, reason: Reason, verdict: Verdict) -> None:
    """During a carrier's bad hour people ask again and again; a call that nobody answered did ring."""
    ask(ana, "call", 3)
    Message.objects.filter(kind="call").update(state=MessageState.UNDELIVERED, reason=reason)

    assert ana.later(minutes=4).start("call", binding="next").verdict is verdict


def test_sends_no_more_than_the_limits_say(ana: Desk, settings: Any) -> None:
    settings.UNANSWERED_TEXTS = 100  # the pattern of messages that nobody answers is another bound
    outcomes = [ana.start("text", binding=f"b{n}").verdict for n in range(12)]

    assert outcomes.count(Verdict.ISSUED) == 9  # the tenth of this hour went to the registration
    assert outcomes[-1] is Verdict.LIMITED
    assert Message.objects.filter(kind="text").count() == 9
