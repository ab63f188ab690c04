"""The last requests of each directory, for the page that helps to set it up. They name nobody but by id.

A process collects them for a second and writes them together, so that no answer waits for it.
"""

import logging
import threading
from collections import defaultdict, deque

from django.db import DatabaseError, connections, transaction

from accounts import conf
from accounts.integrations.scim import size_limits
from accounts.models import Directory, ScimAccess, ScimRequest

logger = logging.getLogger(__name__)

_waiting: deque[ScimRequest] = deque(maxlen=1000)
_lock = threading.Lock()


def note(request: ScimRequest) -> None:
    """Record a request, soon. Without a delay in the settings it is recorded now."""
    delay = conf.scim_log_delay().total_seconds()
    with _lock:
        is_first = not _waiting
        _waiting.append(request)
    if not delay:
        write()
    elif is_first:
        # Not a daemon: a process that ends waits for it, and so writes what it has collected.
        threading.Timer(delay, _write_in_background).start()


def write() -> None:
    """Write what was collected, and remove what is older than the last requests of its directory. Never fails."""
    with _lock:
        rows = list(_waiting)
        _waiting.clear()
    by_directory: dict[int, list[ScimRequest]] = defaultdict(list)
    for row in rows:
        by_directory[row.directory_id].append(row)
    for directory_id, theirs in sorted(by_directory.items()):
        try:
            _write(directory_id, theirs)
        except DatabaseError as error:  # such as after the directory was deleted: the others are written
            logger.warning(
                "%d SCIM requests of directory %s are lost: %s", len(theirs), directory_id, type(error).__name__
            )


def _write(directory_id: int, theirs: list[ScimRequest]) -> None:
    with transaction.atomic():
        ScimRequest.objects.bulk_create(theirs[-size_limits.MAX_REQUESTS_KEPT :])
        mine = ScimRequest.objects.filter(directory_id=directory_id)
        eldest = mine.order_by("-id").values_list("id", flat=True)[
            size_limits.MAX_REQUESTS_KEPT - 1 : size_limits.MAX_REQUESTS_KEPT
        ]
        for pk in eldest:
            mine.filter(id__lt=pk).delete()
        last = theirs[-1]
        ScimAccess.objects.filter(pk=directory_id).update(last_used_at=last.at, last_network=last.network)


def last(directory: Directory, n: int) -> list[ScimRequest]:
    """Return the last requests of a directory, the newest first."""
    return list(ScimRequest.objects.filter(directory=directory).order_by("-id")[:n])


def _write_in_background() -> None:
    try:
        write()
    finally:
        connections.close_all()
