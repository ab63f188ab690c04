"""Tests of leases of long jobs, with imports as the jobs."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Import
from verification.db import resumable_jobs

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)


@pytest.mark.django_db
def test_job_after_a_long_one_gets_a_whole_lease() -> None:
    """Seen failing: the lease counted from the start of the first job, so another worker took the second one too."""
    for name in ("first.csv", "second.csv"):
        Import.objects.create(kind=Import.Kind.PEOPLE, name=name, made_at=NOON, n_rows=1)
    under_way = Import.objects.filter(ended_at=None).order_by("pk")
    left: list[timedelta] = []

    with time_machine.travel(NOON, tick=False) as clock:

        def run(job: Import) -> None:
            left.append((job.lease_until or NOON) - timezone.now())
            clock.shift(timedelta(hours=1))

        resumable_jobs.work(under_way, run, lambda job, words: None, lease=LEASE, now=NOON)

    assert left == [LEASE, LEASE]
