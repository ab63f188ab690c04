"""How old a verification may be to count, and by how much the clocks of two web hosts may differ (clock skew)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_SKEW = timedelta(seconds=30)  # by which the clocks of two web hosts may differ
SETUP_MAX_AGE = timedelta(minutes=5)  # of the verification with which someone may set up a method


@dataclass(frozen=True, kw_only=True)
class Demand:
    """A demand for a new verification.

    Shape: `known` are the times of the verifications that the session already had. They never meet the demand, whatever
    their times: the host that records a verification and the one that demands it may have different clocks.
    """

    at: datetime
    known: frozenset[datetime] = frozenset()

    def is_met_by(self, verified_at: datetime) -> bool:
        """Return whether a verification was made after the demand."""
        return verified_at not in self.known and self.may_be_met_by(verified_at)

    def may_be_met_by(self, verified_at: datetime) -> bool:
        """Return whether a verification may be newer than the demand, judged by its time alone."""
        return verified_at >= self.at - MAX_SKEW


def is_fresh(at: datetime, *, now: datetime, max_age: timedelta | None, demand: Demand | None) -> bool:
    """Return whether a verification is new enough for a requirement.

    One in the future is never fresh: a clock was wrong, and nobody knows how old it is. A little in the future it is:
    another web host made it, whose clock is ahead.
    """
    if at > now + MAX_SKEW or (demand is not None and not demand.is_met_by(at)):
        return False
    return max_age is None or now - at <= max_age


def allows_setup(at: datetime, *, now: datetime) -> bool:
    """Return whether a verification is new enough to set up a method."""
    return -MAX_SKEW <= now - at <= SETUP_MAX_AGE
