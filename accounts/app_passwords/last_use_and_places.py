"""Records when app passwords were last used, and from which networks (places). A new one is in the audit log.

A process collects uses for a second and writes them in one transaction.

A mail server asks hundreds of times a second, and a write for each would cost more than the check. What a killed
process had collected is lost: the time of a last use is information, no check depends on it. Uses from a new network
are never collected, because the audit log records them.
"""

import ipaddress
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connections, transaction

from accounts import conf
from accounts.app_passwords import audit_events
from accounts.app_passwords.check_request import CheckRequest
from accounts.models import AppPassword
from verification import audit
from verification.db.compiled_queries import BindParam, Update

_log = logging.getLogger(__name__)

_MIN_TIME_BETWEEN_WRITES = timedelta(minutes=1)  # a program may check every second
_MAX_PLACES_KEPT = 20  # networks kept for each app password


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


def note_use(found: AppPassword, request: CheckRequest) -> None:
    """Record a use of an app password: from a new network at once, otherwise soon, and at most once a minute."""
    place = _place(request.network)
    is_known = place in found.places
    if not is_known or found.last_used_at is None or request.now - found.last_used_at > _MIN_TIME_BETWEEN_WRITES:
        _note_use(found, request, place="" if is_known else place)


def _place(address: str) -> str:
    """Return the network around an address, because a phone changes its address many times a day."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def _note_use(found: AppPassword, request: CheckRequest, *, place: str) -> None:
    """Record the use. If it comes from a new network and there were others before, record that too."""
    network, protocol = request.network, request.protocol[:20]
    if not place:
        note(AppPasswordUse(found.pk, request.now, network, protocol))
        return
    with transaction.atomic():
        AppPassword.objects.filter(pk=found.pk).update(
            last_used_at=request.now,
            last_network=network,
            last_protocol=protocol,
            places=[*found.places, place][-_MAX_PLACES_KEPT:],
        )
        if found.places:
            slug, event = request.service.slug, audit_events.APP_PASSWORD_NEW_PLACE
            audit.record(event, user_id=found.user_id, context=request.context, service=slug, name=found.name)


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
