"""Recent attempts to sign in as a user, newest first. The same failure several times in a row is one line."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts import activity_lines_from_audit_events
from accounts.activity_lines_from_audit_events import ActivityEntry
from accounts.models import User
from verification import audit, time_format
from verification.audit import Severity

_MAX_EVENTS_READ = 60  # for one case page
_MAX_LINES_SHOWN = 12  # on one case page


@dataclass(frozen=True)
class Attempts:
    """Equal attempts in a row. Shape: `last` is the newest, `first_at` the time of the oldest, `n` how many."""

    last: ActivityEntry
    first_at: datetime
    n: int

    @property
    def when(self) -> str:
        """Return the time, or the time span on one or several days."""
        end = time_format.short_moment(self.last.at)
        if self.n == 1 or time_format.clock(self.first_at) == time_format.clock(self.last.at):
            return end
        begun = time_format.short_moment(self.first_at, bare=True)
        if time_format.short_day(self.first_at) == time_format.short_day(self.last.at):
            return f"{begun}–{time_format.clock(self.last.at)}"
        return f"{begun} – {end}"


def recent(person: User) -> tuple[Attempts, ...]:
    """Return a user's recent attempts, in words about them."""
    kinds = [event for event in audit.user_events() if event.is_attempt]
    events = audit.of_person(person.pk, of=kinds, most=_MAX_EVENTS_READ)
    return grouped(activity_lines_from_audit_events.entries(events, is_own=False))[:_MAX_LINES_SHOWN]


def grouped(entries: Iterable[ActivityEntry]) -> tuple[Attempts, ...]:
    """Join failures that are equal, except for their time, and follow each other. Entries are newest first."""
    found: list[Attempts] = []
    for entry in entries:
        if found and _is_same(found[-1].last, entry):
            found[-1] = Attempts(found[-1].last, entry.at, found[-1].n + 1)
        else:
            found.append(Attempts(entry, entry.at, 1))
    return tuple(found)


def _is_same(one: ActivityEntry, other: ActivityEntry) -> bool:
    if one.kind == Severity.GOOD:
        return False
    return (one.title, one.text, one.kind, one.browser, one.network) == (
        other.title,
        other.text,
        other.kind,
        other.browser,
        other.network,
    )
