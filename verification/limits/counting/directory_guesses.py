"""Counts the guesses at a password that are passed on to a directory, up to the number that the caller gives."""

from datetime import datetime, timedelta

from django.db.models import Case, F, Q, QuerySet, Value, When

from verification.keys import crypto
from verification.limits.counting.counter_rows import EPOCH, KEY_LENGTH
from verification.limits.counting.limit_decision import OPEN, Gate
from verification.models import Counter


def spend_guess(what: str, name: str, *, most: int, window: timedelta, now: datetime) -> Gate:
    """Count a guess at a password that another system checks, right before that system is asked.

    Active Directory forgets failures only after a `window` without any. So does this, or a slow attacker could lock an
    account with one guess now and then. A guess that is refused here doesn't prolong it.
    Source: MS-SAMR, 3.1.1.8.2 and 3.1.5.14.7, with the LockoutObservationWindow.
    """
    rows = _guesses(what, name)
    is_over, values = Q(until_at__lte=now), {"until_at": now + window}
    one_more = Case(When(is_over, then=Value(1)), default=F("count") + 1)
    if rows.filter(is_over | Q(count__lt=most)).update(count=one_more, **values):
        return OPEN
    found = rows.values_list("until_at", flat=True).first()
    if found is not None:
        return Gate(is_open=False, retry_at=found)
    first = Counter(scope=what, key=_guesses_key(what, name), window_at=EPOCH, count=0, until_at=now)
    Counter.objects.bulk_create([first], ignore_conflicts=True)  # of two at the same instant, one finds the other's
    return spend_guess(what, name, most=most, window=window, now=now)


def may_guess(what: str, name: str, *, most: int, now: datetime) -> bool:
    """Return whether `spend_guess` would allow a guess now. Nothing is counted."""
    return not _guesses(what, name).filter(count__gte=most, until_at__gt=now).exists()


def forget_guesses(what: str, name: str, *, only_last: bool = False) -> None:
    """Reset the count of guesses, or undo the last one, because the password was correct."""
    rows = _guesses(what, name).filter(count__gt=0)
    rows.update(count=F("count") - 1 if only_last else 0)


def _guesses(what: str, name: str) -> QuerySet[Counter]:
    return Counter.objects.filter(scope=what, key=_guesses_key(what, name), window_at=EPOCH)


def _guesses_key(what: str, name: str) -> bytes:
    return crypto.mac(f"limit.{what}", name)[:KEY_LENGTH]
