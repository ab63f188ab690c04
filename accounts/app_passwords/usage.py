"""Records when app passwords were last used. A process collects uses for a second and writes them in one transaction.

A mail server asks hundreds of times a second, and a write for each would cost more than the check. What a killed
process had collected is lost: the time of a last use is information, no check depends on it. Uses from a new network
are never collected, because the audit log records them.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, connections, transaction

from accounts import conf
from accounts.models import AppPassword
from verification.db.compiled_queries import BindParam, Update

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AppPasswordUse:
    """One use of an app password, by its columns."""

    pk: int
    last_used_at: datetime
    last_network: str
    last_protocol: str


_COLUMNS = ("last_used_at", "last_network", "last_protocol")
_WRITE = Update(lambda: (AppPassword.objects.filter(pk=BindParam("pk")), {name: BindParam(name) for name in _COLUMNS}))
_waiting: dict[int, AppPasswordUse] = {}
_lock = threading.Lock()


def note(use: AppPasswordUse) -> None:
    """Record a use, soon. Without a delay in the settings it is recorded now."""
    delay = conf.app_password_use_delay().total_seconds()
    if not delay:
        _WRITE.run(**vars(use))
        return
    with _lock:
        is_first = not _waiting
        _waiting[use.pk] = use
    if is_first:
        # Not a daemon: a process that ends waits for it, and so writes what it has collected.
        threading.Timer(delay, _write_in_background).start()


def write() -> None:
    """Write what was collected, in the order of keys, so that two processes never wait for each other."""
    with _lock:
        uses = sorted(_waiting.values(), key=lambda use: use.pk)
        _waiting.clear()
    if not uses:
        return
    with transaction.atomic():
        _WRITE.run_many([vars(use) for use in uses])


def _write_in_background() -> None:
    try:
        write()
    except DatabaseError as error:
        _log.warning("The last uses of app passwords are lost: %s", type(error).__name__)
    finally:
        connections.close_all()
