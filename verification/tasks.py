"""Celery tasks of housekeeping: seal the audit log, send notices, remove old rows."""

from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from verification import audit, conf, limits, notices, retention
from verification.delivery import unsent_message_sweeper, worker_wake_ups
from verification.delivery.routing import delivery_and_conversion_rates, routes
from verification.limits import blocked_ranges, toll_fraud
from verification.models import Browser
from verification.policies import remembered_browser_revocation
from verification.task_steps import run_each


@shared_task(name="verification.tasks.housekeeping")
def housekeeping(**_more: Any) -> None:
    """Every few seconds: seal the audit log, send notices of browsers."""
    now = timezone.now()
    run_each(
        lambda: audit.seal(now),
        lambda: notices.notify_of_new_browsers(now),
        lambda: notices.notify_of_copied_browsers(now),
        lambda: unsent_message_sweeper.sweep(worker_wake_ups.publish, now=now),
    )


@shared_task(name="verification.tasks.evaluate_deliveries")
def evaluate_deliveries(**_more: Any) -> None:
    """Every minute: skip failing providers, block number ranges whose codes aren't entered, and notify operators."""
    kinds = {name: provider.kinds for name, provider in routes.providers().items()}
    now = timezone.now()
    run_each(
        lambda: delivery_and_conversion_rates.evaluate(kinds, now=now),
        lambda: notices.notify_of_circuits(now),
        lambda: notices.notify_of_damage(now),
        lambda: notices.notify_of_missed_alarms(now),
        lambda: _block_ranges(now),
    )


def _block_ranges(now: datetime) -> None:
    with transaction.atomic():  # otherwise a crash in between would lose the notice to operators
        notices.notify_of_blocked_ranges(toll_fraud.evaluate(now=now), now=now)


@shared_task(name="verification.tasks.purge")
def purge(**_more: Any) -> None:
    """Every day: make the next months of large tables, and remove what is old or has ended."""
    now = timezone.now()
    run_each(
        lambda: retention.make_months(now),
        lambda: retention.remove_old(now),
        lambda: blocked_ranges.purge(now, keep=timedelta(days=conf.message_retention_days())),
        lambda: retention.remove(Browser.objects.filter(ends_at__lt=now)),
        remembered_browser_revocation.settle,  # for groups and policies that were changed in the database directly
        lambda: limits.purge(now),
    )
