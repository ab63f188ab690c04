"""How many requests may wait for a directory at once.

A server that hangs must not use up the threads of a web process, which everyone needs.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accounts import conf
from accounts.ldap_directories import timeouts

_places = threading.Condition()
_taken: dict[int, dict[object, float]] = {}  # of this process: directory -> when each request for it began


class Busy(Exception):
    """So many requests wait for a directory already that another one would only wait too."""


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
            left = min(min(taken.values()) + timeouts.USUAL_ANSWER_TIME, until) - time.monotonic()
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
