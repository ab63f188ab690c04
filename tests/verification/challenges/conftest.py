"""Fixtures: what another request of the same session does in the middle of one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Sum

from tests.verification.conftest import Desk
from verification.challenges import sending
from verification.models import Counter, Failure
from verification.outcomes import Outcome

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


def n_counted(desk: Desk) -> dict[str, int]:
    """Return how many messages were counted for a person since their number was set up, and how many as unanswered."""
    sent = Counter.objects.filter(scope="send.person").aggregate(n=Sum("count"))["n"] - 1
    unanswered = Failure.objects.filter(user=desk.user, method__startswith="prompt.").aggregate(n=Sum("consecutive"))
    return {"person": sent, "unanswered": unanswered["n"]}
