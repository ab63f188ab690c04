"""Audit log search for auditors, with filters, pages and export."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.models.people import fold
from verification import audit
from verification.models import AuditEvent

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Search:
    """Search criteria. Shape: `kind` is a full name or a subject, such as `support`; days in the reader's time zone."""

    kind: str = ""
    person: str = ""
    actor: str = ""
    network: str = ""
    since: date | None = None
    until: date | None = None
    before: int = 0


@dataclass(frozen=True)
class Line:
    """One event, in words."""

    event: AuditEvent
    person: str
    actor: str
    words: tuple[tuple[str, str], ...]


def find(search: Search) -> tuple[list[Line], int]:
    """Return one page, newest first, and the id to continue from, or 0 at the end."""
    events = list(matching(search).order_by("-id")[: PAGE + 1])
    names = _names(events)
    before = events[PAGE - 1].pk if len(events) > PAGE else 0
    return [_line(event, names) for event in events[:PAGE]], before


def matching(search: Search) -> QuerySet[AuditEvent]:
    """Return all events that match, unordered."""
    events = AuditEvent.objects.all()
    if search.kind:
        exact = "." in search.kind
        events = events.filter(kind=search.kind) if exact else events.filter(kind__startswith=f"{search.kind}.")
    for field, name in (("user_id", search.person), ("actor_id", search.actor)):
        if name:
            found = User.objects.filter(username=fold(name)).values_list("pk", flat=True).first()
            events = events.filter(**{field: found if found is not None else -1})
    if search.network:
        events = events.filter(network__startswith=search.network)
    if search.since:
        events = events.filter(at__gte=_midnight(search.since))
    if search.until:
        events = events.filter(at__lt=_midnight(search.until + timedelta(days=1)))
    return events.filter(id__lt=search.before) if search.before else events


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  (made aware at once)


def _names(events: list[AuditEvent]) -> dict[int, str]:
    keys = {key for event in events for key in (event.user_id, event.actor_id, *_people(event)) if key}
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "username"))


_PEOPLE = ("approver", "joined", "left")  # event details that are user ids


def _people(event: AuditEvent) -> list[int]:
    found: list[int] = []
    for name in _PEOPLE:
        value = event.detail.get(name)
        found += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, int)]
    return found


def _line(event: AuditEvent, names: dict[int, str]) -> Line:
    detail: dict[str, Any] = event.said
    for name in _PEOPLE:
        if mine := event.detail.get(name):
            numbers = mine if isinstance(mine, list) else [mine]
            detail[name] = [names.get(each, str(each)) for each in numbers]
    words = tuple((name.replace("_", " "), _short(value)) for name, value in detail.items() if value not in ("", None))
    return Line(event, names.get(event.user_id or 0, ""), names.get(event.actor_id or 0, ""), words)


def _short(value: object) -> str:
    text = ", ".join(str(each) for each in value) if isinstance(value, list) else str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def rows(search: Search) -> Iterator[tuple[object, ...]]:
    """Yield the lines of an export, oldest first, without loading all of them."""
    yield ("ref", "at", "kind", "person", "actor", "network", "program", "detail", "digest")
    for event in matching(search).order_by("id").iterator(chunk_size=1_000):
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
        )


def kinds() -> list[str]:
    """Return the subjects of events, for the filter."""
    return sorted({event.subject for event in audit.declared()})
