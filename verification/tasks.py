"""Celery's entrance to housekeeping: seals the record, closes what is over, removes what is old."""

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from verification import audit, challenges, conf, guard, limits, notices, revocation
from verification.delivery import circuits, dispatch, routes, wake
from verification.models import Browser, Challenge, Message


@shared_task(name="verification.tasks.housekeeping")
def housekeeping(**_more: Any) -> None:
    """Every few seconds: seal the audit record, close expired challenges, wake what was not woken."""
    now = timezone.now()
    audit.seal(now)
    challenges.expire(now)
    notices.tell_of_browsers(now)
    notices.tell_of_copies(now)
    dispatch.sweep(wake.publish, now=now)


@shared_task(name="verification.tasks.weigh")
def weigh(**_more: Any) -> None:
    """Once a minute: pass over providers, and pause ranges, whose messages do not arrive or are not typed in."""
    kinds = {name: provider.kinds for name, provider in routes.providers().items()}
    now = timezone.now()
    circuits.weigh(kinds, now=now)
    notices.tell_of_circuits(now)
    notices.tell_of_damage(now)
    notices.tell_of_pauses(guard.weigh(now=now), now=now)


@shared_task(name="verification.tasks.purge")
def purge(**_more: Any) -> None:
    """Once a day: remove ended challenges with their messages, notices, counters and browsers that are over."""
    now = timezone.now()
    old = now - timedelta(days=conf.retention_days())
    Challenge.objects.filter(expires_at__lt=old).delete()
    Message.objects.filter(challenge=None, created_at__lt=old).delete()
    guard.purge(now, keep=timedelta(days=conf.retention_days()))
    Browser.objects.filter(ends_at__lt=now).delete()
    revocation.settle()  # for groups and policies that were changed by hand
    limits.purge(now)
