"""Requests that arrive at the same moment, for each method."""

import copy
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.db import transaction

from tests.infrastructure.concurrency import NoTransaction
from tests.verification.conftest import BINDING, EngineUser
from verification import enrolments
from verification.challenges import attempts, correct_answers, loading_and_session_binding
from verification.db import batched_writes
from verification.models import Challenge
from verification.models.random_row_handles import new_handle
from verification.outcomes import Outcome, Verdict


def sessions_with_open_challenges(
    engine_user: EngineUser, method: str, number: int
) -> tuple[list[Outcome], Callable[[int], str]]:
    """Ask one method in many sessions: one challenge is started, the others are copies of it under their own names."""

    def binding(of: int) -> str:
        return f"{BINDING} {of}"

    first = engine_user.start(method, binding=binding(0))
    pattern = Challenge.objects.get(handle=first.handle)
    copies = [copy.copy(pattern) for _ in range(1, number)]
    for at, other in enumerate(copies, start=1):
        other.pk, other.handle, other.nonce = None, new_handle(), new_handle()
        other.binding = loading_and_session_binding.bind(binding(at))
    Challenge.objects.bulk_create(copies)
    return [first, *(Outcome(verdict=Verdict.ISSUED, handle=other.handle) for other in copies)], binding


# Between the look and the change of a naive guard: a quiet machine would else show its fault only now and then.
PAUSE = 0.05  # seconds


def without_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite one writer at a time is let in; a read-then-write shows its fault only outside a transaction.

    Only the engine's names for it are replaced: Django's own transactions stay. The lock of the person, which
    needs one, is left out, too.
    """

    replaced = SimpleNamespace(
        atomic=NoTransaction,
        set_rollback=lambda _: None,
        mark_for_rollback_on_error=transaction.mark_for_rollback_on_error,
    )
    for module in (attempts, correct_answers, batched_writes):
        monkeypatch.setattr(module, "transaction", replaced)
    monkeypatch.setattr(enrolments, "lock_person", lambda _: None)
