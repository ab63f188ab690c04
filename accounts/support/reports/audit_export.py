"""The audit log as a CSV file: its columns, and the rows that a search finds."""

from collections.abc import Iterator
from itertools import islice

from accounts.models import User
from accounts.support.reports import audit_lines_from_events
from accounts.support.reports.audit_search import AuditSearch, matching, readable_users

_CHUNK = 1_000  # events of an export that are in memory at once


def rows(search: AuditSearch, *, staff: User | None = None) -> Iterator[tuple[object, ...]]:
    """Yield the lines of an export, oldest first, without loading all of them."""
    among = readable_users(staff)
    yield ("ref", "at", "kind", "person", "actor", "network", "program", "detail", "digest", "sentence")
    found = matching(search, staff=staff).order_by("id").iterator(chunk_size=_CHUNK)
    while chunk := list(islice(found, _CHUNK)):
        for line in audit_lines_from_events.lines(chunk, is_checked=False, among=among):
            event = line.event
            yield (
                event.ref,
                event.at.isoformat(),
                event.kind,
                event.user_id or "",
                event.actor_id or "",
                event.network,
                event.agent,
                str(event.said),
                event.digest,
                line.text,
            )
