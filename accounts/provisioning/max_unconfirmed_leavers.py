"""How many people of one directory may leave within an hour before someone must confirm it, or is told.

More are more often a mistake than true. A sync stops before it goes on. SCIM has nobody to ask, so there everyone who
can act is told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Directory, User

WINDOW = timedelta(hours=1)
MAX_UNCONFIRMED_SHARE = 0.05  # of the people of the directory
MAX_UNCONFIRMED_LEAVERS = 4  # people, from a directory of any size


@dataclass(frozen=True, kw_only=True)
class Departures:
    """How many of a directory's people left within the hour, together with those who would leave now."""

    n: int
    of: int

    @property
    def are_many(self) -> bool:
        """Return whether they are more than usual: over 5 %, and at least 5 people."""
        return self.n > MAX_UNCONFIRMED_LEAVERS and self.n > MAX_UNCONFIRMED_SHARE * self.of


def count(directory: Directory, now: datetime, *, planned: int = 0, confirmed_at: datetime | None = None) -> Departures:
    """Count who left within the last hour. `planned` are those who would be switched off now.

    Who left before `confirmed_at` doesn't count: someone has confirmed that they left.
    """
    since = max(now - WINDOW, confirmed_at or now - WINDOW)
    n_left = recent_leavers(directory, now).filter(directory_off_at__gt=since).count()
    n_there = User.objects.filter(directory=directory, is_active=True).count()
    return Departures(n=n_left + planned, of=n_there + n_left)


def recent_leavers(directory: Directory, now: datetime) -> QuerySet[User]:
    """Return who left a directory within the last hour."""
    return User.objects.filter(directory=directory, is_active=False, directory_off_at__gt=now - WINDOW)
