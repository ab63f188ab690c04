"""Which servers of the directories are asked, and by how many requests at once.

A server that hangs must not use up the threads of a web process, which everyone needs.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accounts import conf

RETRY_AFTER = 30  # seconds for which a server that did not answer is not asked
USUAL_ANSWER_TIME = 0.5  # seconds in which a directory usually answers
_lock = threading.Lock()
_down: dict[str, float] = {}  # of this process: address -> when it is asked again, by the monotonic clock


class Busy(Exception):
    """So many requests wait for a directory already that another one would only wait too."""


def is_up(url: str) -> bool:
    """Return whether a server may be asked. Of the requests after a pause, only the first one may try it."""
    now = time.monotonic()
    with _lock:
        until = _down.get(url)
        if until is None:
            return True
        if until > now:
            return False
        _down[url] = now + RETRY_AFTER
        return True


def note_down(url: str) -> None:
    """Ask a server no more for a while, because it did not answer."""
    with _lock:
        _down[url] = time.monotonic() + RETRY_AFTER


def note_up(url: str) -> None:
    """Ask a server again, because it answered."""
    with _lock:
        _down.pop(url, None)


def forget() -> None:
    """Ask all servers again."""
    with _lock:
        _down.clear()


_places = threading.Condition()
_taken: dict[int, dict[object, float]] = {}  # of this process: directory -> when each request for it began


@contextmanager
def place(directory: int, *, until: float, leaves_one: bool = False) -> Iterator[None]:
    """Take one of a directory's places, and wait for one as long as it answers quickly. Errors: `Busy`.

    With `leaves_one`, take it only if another one stays free, and never wait.
    Units: `until` by the monotonic clock.
    """
    mine = object()
    with _places:
        taken = _taken.setdefault(directory, {})
        if leaves_one and len(taken) + 1 >= conf.directory_requests():
            raise Busy
        while len(taken) >= conf.directory_requests():
            left = min(min(taken.values()) + USUAL_ANSWER_TIME, until) - time.monotonic()
            if left <= 0:
                raise Busy
            _places.wait(left)
        taken[mine] = time.monotonic()
    try:
        yield
    finally:
        with _places:
            del taken[mine]
            _places.notify_all()
