"""Deletes counters that no limit reads any more."""

from datetime import datetime

from django.contrib.auth import get_user_model

from verification.limits.counting.counter_rows import DAY, EPOCH, MAX_WINDOW
from verification.limits.incorrect_codes_and_lockouts import DAYS, day_name
from verification.limits.spending_limits import SPENT
from verification.models import Counter, Failure


def purge(now: datetime) -> int:
    """Delete counters whose window is long over."""
    old = Counter.objects.exclude(window_at=EPOCH).filter(window_at__lt=now - 2 * DAY)
    old = old.exclude(scope__startswith=SPENT, window_at__gte=now - MAX_WINDOW)
    stale = Counter.objects.filter(window_at=EPOCH, until_at__lt=now - DAY)
    days = Failure.objects.filter(method__startswith=DAYS, method__lt=day_name(now - MAX_WINDOW))
    gone = Failure.objects.exclude(user__in=get_user_model().objects.all())
    return gone.delete()[0] + old.delete()[0] + stale.delete()[0] + days.delete()[0]
