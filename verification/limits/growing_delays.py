"""How long somebody waits after too many incorrect codes or passwords."""

from datetime import datetime, timedelta


def wait_schedule(now: datetime, free: int, longest: timedelta) -> list[tuple[int, datetime]]:
    """Return the count of failures and the end of each delay: 1, 2, 4 ... minutes, all below the longest."""
    waits: list[tuple[int, datetime]] = []
    wait = timedelta(minutes=1)
    while wait < longest:
        waits.append((free + len(waits), now + wait))
        wait *= 2
    return waits
