"""Which servers of the directories are asked: one that did not answer is left alone for a while."""

import threading
import time

from accounts.ldap_directories import timeouts

_lock = threading.Lock()
_down: dict[str, float] = {}  # of this process: address -> when it is asked again, by the monotonic clock


def is_up(url: str) -> bool:
    """Return whether a server may be asked. Of the requests after a pause, only the first one may try it."""
    now = time.monotonic()
    with _lock:
        until = _down.get(url)
        if until is None:
            return True
        if until > now:
            return False
        _down[url] = now + timeouts.RETRY_AFTER
        return True


def note_down(url: str) -> None:
    """Ask a server no more for a while, because it did not answer."""
    with _lock:
        _down[url] = time.monotonic() + timeouts.RETRY_AFTER


def note_up(url: str) -> None:
    """Ask a server again, because it answered."""
    with _lock:
        _down.pop(url, None)


def forget() -> None:
    """Ask all servers again."""
    with _lock:
        _down.clear()
