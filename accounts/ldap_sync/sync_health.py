"""How well each directory is read: for its page, for metrics and for alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Directory, DirectorySync
from accounts.provisioning import ChangeKind

_State = DirectorySync.State


@dataclass(frozen=True, kw_only=True)
class SyncHealth:
    """A directory that is read regularly. `good` is the last run that came to its end, `last` the last of all."""

    directory: Directory
    good: DirectorySync | None
    last: DirectorySync | None

    @property
    def waits(self) -> bool:
        """Return whether a run has stopped because so many people would be switched off."""
        return self.last is not None and self.last.state == _State.READY and self.last.stopped

    @property
    def has_failed(self) -> bool:
        return self.last is not None and self.last.state == _State.FAILED

    def age(self, now: datetime) -> timedelta | None:
        """Return how old the last complete answer of the directory is."""
        return now - self.good.read_at if self.good is not None and self.good.read_at else None

    def counts(self) -> dict[str, int]:
        """Return how many people the last complete run found, by what it did with them."""
        if self.good is None:
            return {}
        return {verdict: getattr(self.good, f"n_{verdict}") for verdict in ChangeKind}

    @property
    def took(self) -> timedelta | None:
        """Return how long the last complete run took, unless it waited for confirmation."""
        if self.good is None or self.good.ended_at is None or self.good.stopped or self.good.is_preview:
            return None
        return self.good.ended_at - self.good.made_at


def health_of_all() -> list[SyncHealth]:
    """Return the state of every directory that is read regularly."""
    wanted = Directory.objects.filter(is_active=True, sync_minutes__gt=0).order_by("position", "pk")
    return [health_of(each) for each in wanted]


def health_of(directory: Directory) -> SyncHealth:
    """Return the state of one directory."""
    runs = DirectorySync.objects.filter(directory=directory).order_by("-pk")
    good = runs.filter(state=_State.DONE).first()
    ended = runs.exclude(state__in=[_State.CANCELLED, _State.REPLACED]).exclude(is_preview=True, state=_State.READY)
    return SyncHealth(directory=directory, good=good, last=ended.first())
