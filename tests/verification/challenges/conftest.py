"""Fixtures: what another request of the same session does in the middle of one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum

from tests.verification.conftest import EngineUser, app_code
from verification.challenges import sending
from verification.models import Counter, Failure, Message
from verification.outcomes import Outcome, Verdict

Between = Callable[[Callable[[], object]], None]


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Return a function that takes what another request does, after the first one was counted."""
    count = sending.refusal

    def do(other: Callable[[], object]) -> None:
        def counted(*arguments: Any, **named: Any) -> Outcome | None:
            monkeypatch.setattr(sending, "refusal", count)
            found = count(*arguments, **named)
            other()
            return found

        monkeypatch.setattr(sending, "refusal", counted)

    return do


def n_counted(engine_user: EngineUser) -> dict[str, int]:
    """Return how many messages were counted for a person since their number was set up, and how many as unanswered."""
    sent = Counter.objects.filter(scope="send.person").aggregate(n=Sum("count"))["n"] - 1
    unanswered = Failure.objects.filter(user=engine_user.user, method__startswith="prompt.").aggregate(
        n=Sum("consecutive")
    )
    return {"person": sent, "unanswered": unanswered["n"]}


def wrong(engine_user: EngineUser, n: int, *, binding: str, method: str = "totp") -> list[Verdict]:
    """Answer a new challenge with n incorrect codes."""
    issued = engine_user.start(method, binding=binding)
    return [engine_user.answer(issued, "000000", binding=binding).verdict for _ in range(n)]


def mails(*, to: str = "") -> list[str]:
    """Return the names of the notices in the outbox, the oldest first."""
    rows = Message.objects.filter(kind="mail").order_by("pk")
    return [row.template.rsplit("/", 1)[1][:-4] for row in rows if not to or row.address == to]


def besides(engine_user: EngineUser, rounds: int) -> list[Verdict]:
    """Guess four codes, then let the owner sign in by text, once an hour; gives what happened to the guesses."""
    found = []
    for hour in range(rounds):
        now = engine_user.later(hours=hour)
        found += wrong(now, 4, binding=f"guess {hour}") if now.start("totp", binding=f"guess {hour}").issued else []
        owner = now.start("text", binding=f"owner {hour}")
        if not owner.issued or not now.answer(owner, now.code(owner), binding=f"owner {hour}").proven:
            break
        issued = now.start("totp", binding=f"app {hour}")
        if issued.issued:
            now.answer(issued, app_code(now.enrolment("totp"), now.context.now), binding=f"app {hour}")
    return found
