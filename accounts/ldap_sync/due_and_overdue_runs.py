"""When a directory is read again: after its interval, or earlier after a failed run. And when it is overdue."""

from datetime import datetime, timedelta

from accounts.ldap_sync.sync_health import SyncHealth
from accounts.models import Directory, DirectorySync

_RETRY_AFTER = timedelta(minutes=10)  # after a failed run, if the usual interval is longer
_MAX_MISSED_INTERVALS = 3  # without a run that finished


def is_due(directory: Directory, now: datetime) -> bool:
    """Return whether a run of a directory should begin now."""
    last = DirectorySync.objects.filter(directory=directory, is_preview=False).order_by("-pk").first()
    if last is None:
        return True
    every = timedelta(minutes=directory.sync_minutes)
    if last.state == DirectorySync.State.FAILED and last.ended_at is not None:
        return last.ended_at + min(every, _RETRY_AFTER) <= now
    return not last.is_under_way and last.made_at + every <= now


def is_stale(health: SyncHealth, now: datetime) -> bool:
    """Return whether the people here may be out of date: no complete answer for several intervals."""
    if not health.directory.sync_minutes or health.last is None:
        return False
    age = health.age(now)
    return age is None or age > _MAX_MISSED_INTERVALS * timedelta(minutes=health.directory.sync_minutes)
