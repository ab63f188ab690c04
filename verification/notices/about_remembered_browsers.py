"""Notices of remembered browsers: of a new one, and of one that was copied."""

from datetime import datetime

from django.db import transaction

from verification.context import Context
from verification.db import row_locks
from verification.models import Browser
from verification.notices.to_person import notify

_BATCH = 200  # browsers


def notify_of_new_browsers(now: datetime) -> int:
    """Notify people of newly remembered browsers. Runs in a task, so that the sign-in needn't wait. Return how many."""
    told = 0
    for browser in Browser.objects.filter(notified_at=None).select_related("user")[:_BATCH]:
        with transaction.atomic():
            row_locks.lock_person(browser.user_id)
            if Browser.objects.filter(pk=browser.pk, notified_at=None).update(notified_at=now):
                made = Context(now=browser.made_at, network=browser.network, agent=browser.agent)
                notify(browser.user, "browser_remembered", now=now, context=made, ends=browser.ends_at.isoformat())
                told += 1
    return told


def notify_of_copied_browsers(now: datetime) -> int:
    """Notify people whose remembered browser was copied, and delete its row. Return how many."""
    told = 0
    for browser in Browser.objects.exclude(copied_at=None).select_related("user")[:_BATCH]:
        with transaction.atomic():
            row_locks.lock_person(browser.user_id)
            if Browser.objects.filter(pk=browser.pk).delete()[0]:
                seen = Context(now=browser.copied_at or now, network=browser.network, agent=browser.agent)
                notify(browser.user, "remembered_browser_copied", now=now, context=seen)
                told += 1
    return told
