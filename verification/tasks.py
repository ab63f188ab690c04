"""Celery tasks of housekeeping: seal the audit log, close expired challenges, delete old rows."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from verification import audit, challenges, conf, limits, notices
from verification.db import row_locks
from verification.delivery import dispatch, publisher
from verification.delivery.routing import circuit_breaker, routes
from verification.limits import toll_fraud
from verification.models import Browser, Challenge, Message
from verification.policies import revocation


@shared_task(name="verification.tasks.housekeeping")
def housekeeping(**_more: Any) -> None:
    """Every few seconds: seal the audit log, close expired challenges, send notices of browsers."""
    now = timezone.now()
    audit.seal(now)
    challenges.expire(now)
    notices.tell_of_browsers(now)
    notices.tell_of_copies(now)
    dispatch.sweep(publisher.publish, now=now)


@shared_task(name="verification.tasks.evaluate_deliveries")
def evaluate_deliveries(**_more: Any) -> None:
    """Every minute: skip failing providers, and block number ranges whose codes aren't entered."""
    kinds = {name: provider.kinds for name, provider in routes.providers().items()}
    now = timezone.now()
    circuit_breaker.evaluate(kinds, now=now)
    notices.tell_of_circuits(now)
    notices.tell_of_damage(now)
    notices.tell_of_blocked_ranges(toll_fraud.evaluate(now=now), now=now)


_BATCH = 500


def _remove(rows: QuerySet[Any]) -> None:
    """Delete rows in batches, so that no lock is held for long."""
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            row_locks.in_order(rows.filter(pk__in=keys)).delete()


@shared_task(name="verification.tasks.purge")
def purge(**_more: Any) -> None:
    """Every day: delete old challenges with their messages, notices, counters and expired browsers."""
    now = timezone.now()
    old = now - timedelta(days=conf.retention_days())
    _remove(Challenge.objects.filter(expires_at__lt=old))
    _remove(Message.objects.filter(challenge=None, created_at__lt=old))
    toll_fraud.purge(now, keep=timedelta(days=conf.retention_days()))
    _remove(Browser.objects.filter(ends_at__lt=now))
    revocation.settle()  # for groups and policies that were changed in the database directly
    limits.purge(now)
