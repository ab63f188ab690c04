"""Tests that the delivery overview names everything that stops messages from arriving, the worst first."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.support import delivery_problems
from accounts.support.delivery_problems import DeliveryProblem
from tests.simulated.people import Person
from verification.delivery import statistics
from verification.delivery.routing import outages_in_force
from verification.delivery.statistics import Waiting
from verification.models import Channel, Circuit, CircuitState, Message, MessageState, Outage


def _problems(now: datetime, *, workers: int | None = 2, waiting: tuple[Waiting, ...] = ()) -> list[DeliveryProblem]:
    outages_in_force.forget()
    return delivery_problems.problems(now, workers=workers, waiting=waiting, circuits=list(statistics.circuits()))


def test_says_nothing_when_all_is_well(db: None) -> None:
    assert _problems(timezone.now(), waiting=(Waiting("text", 1, 2.0),)) == []


@pytest.mark.parametrize(("workers", "kind"), [(0, "bad"), (None, "warn")])
def test_names_missing_workers_and_a_silent_broker(db: None, workers: int | None, kind: str) -> None:
    (found,) = _problems(timezone.now(), workers=workers)

    assert found.kind == kind


def test_names_messages_that_wait_too_long(db: None) -> None:
    (found,) = _problems(timezone.now(), waiting=(Waiting("text", 3, 200.0),))

    assert found.kind == "bad"


def test_names_outages_and_bypassed_providers_and_leads_to_them(db: None) -> None:
    now = timezone.now()
    outage = Outage.objects.create(kind=Channel.CALL, starts_at=now)
    Circuit.objects.create(
        provider="virtual", kind=Channel.TEXT, state=CircuitState.OPEN, failures=5, until_at=now + timedelta(minutes=5)
    )

    found = _problems(now)

    assert [each.url for each in found] == [
        f"/admin/verification/outage/{outage.pk}/change/",
        "/admin/verification/circuit/",
    ]
    assert "virtual" in found[1].title


@pytest.mark.parametrize(("n_failed", "is_named"), [(2, False), (6, True)])
def test_names_many_failures_of_the_last_hour_first(ana: Person, n_failed: int, is_named: bool) -> None:
    now = timezone.now()
    Outage.objects.create(kind=Channel.CALL, starts_at=now)
    for place in range(12):
        Message.objects.create(
            user=ana.user,
            kind=Channel.TEXT,
            hint="",
            provider="virtual",
            state=MessageState.UNDELIVERED if place < n_failed else MessageState.DELIVERED,
            created_at=now,
            useful_until=now,
        )

    found = _problems(now)

    assert [each.kind for each in found] == (["bad", "warn"] if is_named else ["warn"])
