"""Audit log search for auditors, with filters that combine, and pages by key."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.models.people import fold
from accounts.support import people_in_desk_scopes
from accounts.support.actions import ranks
from accounts.support.reports import audit_filter_groups, audit_lines_from_events
from accounts.support.reports.audit_lines_from_events import AuditLine
from verification import audit
from verification.db import query_plans
from verification.models import AuditEvent
from verification.models.audit import BY_SOMEONE_ELSE

PAGE_SIZE = 50  # events
_MAX_LISTED = 2_000  # users of a desk that a search lists one by one; the events of more of them are never far
_REFERENCE = re.compile(r"[0-9a-f]{32}")
# Only these say which ticket they are about. The index over the kinds finds them among a million others.
_WITH_TICKET = ("support", "person", "group")


@dataclass(frozen=True, kw_only=True)
class AuditSearch:
    """Search criteria. Shape: `kind` is a group of kinds, a subject or a full name; days in the reader's time zone.

    `ticket` is the number of a ticket or the reference of an event. `before` is the id of the last event shown.
    """

    kind: str = ""
    level: str = ""
    person: str = ""
    actor: str = ""
    ticket: str = ""
    network: str = ""
    since: date | None = None
    until: date | None = None
    before: int = 0

    @property
    def is_narrow(self) -> bool:
        """Return whether the less common filters are used."""
        return bool(self.ticket or self.network or self.since or self.until)


def find(search: AuditSearch, *, staff: User | None = None) -> tuple[list[AuditLine], int]:
    """Return one page, newest first, and the id to continue from, or 0 at the end.

    `staff` is the reader. A member of a desk sees events about the people that the desk may help, and events about
    no person.
    """
    with query_plans.for_these_values():
        events = list(matching(search, staff=staff).order_by("-id")[: PAGE_SIZE + 1])
    before = events[PAGE_SIZE - 1].pk if len(events) > PAGE_SIZE else 0
    return audit_lines_from_events.lines(events[:PAGE_SIZE], among=readable_users(staff)), before


def readable_users(staff: User | None) -> QuerySet[User] | None:
    """Return the users about whom a member of staff may read, or None if they may read about all."""
    return (
        people_in_desk_scopes.visible(staff) if staff is not None and people_in_desk_scopes.is_scoped(staff) else None
    )


def matching(search: AuditSearch, *, staff: User | None = None) -> QuerySet[AuditEvent]:
    """Return all events that match, unordered."""
    events = AuditEvent.objects.all()
    if (among := readable_users(staff)) is not None:
        events = events.filter(Q(user_id__isnull=True) | Q(user_id__in=_keys(among)))
    if (kinds := audit_filter_groups.kinds(search.kind, search.level)) is not None:
        events = events.filter(kind__in=kinds)
    if search.person:
        events = events.filter(user_id=_key_or_none(search.person))
    if search.actor:
        events = events.filter(_by(_key_or_none(search.actor)))
    if search.ticket:
        events = events.filter(_about(search.ticket))
    if search.network:
        events = events.filter(network__startswith=search.network)
    begins = _midnight(search.since) if search.since else None
    ends = _midnight(search.until + timedelta(days=1)) if search.until else None
    events = audit.between(events, begins, ends)
    return events.filter(id__lt=search.before) if search.before else events


def _keys(among: QuerySet[User]) -> Sequence[int] | QuerySet[Any]:
    """Return the keys of users, themselves if they are few: the database then knows how rare their events are.

    With a subquery it expects to find them everywhere, and walks from the newest event through those of all others.
    For 5,000 people with 10 events each that takes 20 ms, and only if they have hardly any event 0.9 s for each million
    of others. A plan that finds those at once would read and sort every event of a desk that has many.
    """
    keys = list(among.order_by().values_list("pk", flat=True)[: _MAX_LISTED + 1])
    return keys if len(keys) <= _MAX_LISTED else among.values("pk")


def known(name: str, staff: User) -> User | None:
    """Return who has this username, if they are a colleague, or someone about whom a member of staff may read."""
    found = User.objects.filter(username=fold(name)).first()
    return (
        found if found is not None and (ranks.is_staff(found) or people_in_desk_scopes.can_view(staff, found)) else None
    )


def _key_or_none(name: str) -> int:
    """Return the key of the user with this username, or one that nobody has."""
    found = User.objects.filter(username=fold(name)).values_list("pk", flat=True).first()
    return found if found is not None else -1


def _by(key: int) -> Q:
    """Match what a person did: for others, in the index over that, and for themselves, in the index over people."""
    return Q(BY_SOMEONE_ELSE, actor_id=key) | Q(user_id=key, actor_id=key)


def _about(text: str) -> Q:
    """Match the reference of an event, or the ticket of a support action."""
    if _REFERENCE.fullmatch(text.lower()):
        begins, ends = AuditEvent.time_in(text.lower())
        return Q(ref=text.lower(), at__gte=begins, at__lt=ends)
    kinds = [kind for subject in _WITH_TICKET for kind in audit_filter_groups.kinds(subject) or ()]
    return Q(kind__in=kinds, detail__ticket=text)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  (made aware at once)
