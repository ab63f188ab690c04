"""How old a verification may be to count, and by how much the clocks of two web hosts may differ (clock skew)."""

from datetime import datetime, timedelta

MAX_SKEW = timedelta(seconds=30)  # by which the clocks of two web hosts may differ
SETUP_MAX_AGE = timedelta(minutes=5)  # of the verification with which someone may set up a method


def is_fresh(at: datetime, *, now: datetime, max_age: timedelta | None, newer_than: datetime | None) -> bool:
    """Return whether a verification is new enough for a requirement.

    One in the future is never fresh: a clock was wrong, and nobody knows how old it is. A little in the future it is:
    another web host made it, whose clock is ahead.
    """
    if at > now + MAX_SKEW or (newer_than is not None and at < newer_than):
        return False
    return max_age is None or now - at <= max_age


def allows_setup(at: datetime, *, now: datetime) -> bool:
    """Return whether a verification is new enough to set up a method."""
    return -MAX_SKEW <= now - at <= SETUP_MAX_AGE
