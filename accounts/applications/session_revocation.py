"""What ends people's sessions in applications: the end of a session here, and changes to accounts and groups."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.applications.application_sessions import end_these
from accounts.models import Application, ApplicationSession, Session, User
from verification import enrolments
from verification.db import row_locks
from verification.policies import remembered_browser_revocation

LEFT_GROUP = "left-group"


def register() -> None:
    """Have the engine call this module when it raises epochs, and when policies or groups change."""
    enrolments.on_raise(of_changed)
    remembered_browser_revocation.on_settle(of_people_not_allowed)


def of_changed(people: Collection[int], why: str, spared: str) -> int:
    """End the sessions of people whose epoch was raised, except those from a session that continues."""
    theirs = ApplicationSession.objects.filter(user__in=people)
    return end_these(theirs.exclude(session_ref=spared) if spared else theirs, timezone.now(), why)


def of_people_not_allowed(people: Collection[int] | None = None) -> int:
    """End the sessions of people, or of everyone, who are in no group of the application any more."""
    running = ApplicationSession.objects.filter(ended_at__isnull=True)
    if people is not None:
        running = running.filter(user__in=people)
    if not running.exists():  # as for most people who join or leave a group
        return 0
    allowed = Application.groups.through.objects.filter(application_id=OuterRef("application_id"))
    theirs = User.groups.through.objects.filter(user_id=OuterRef(OuterRef("user_id")))
    left = running.filter(Exists(allowed), ~Exists(allowed.filter(group_id__in=theirs.values("group_id"))))
    return end_these(left, timezone.now(), LEFT_GROUP)


def delete_sessions(rows: QuerySet[Session], why: str) -> int:
    """Delete sessions and end what they opened in applications. Return how many sessions were there.

    Only what is really deleted ends: a session whose key another request has changed is not in `rows` any more.
    Everything that ends sessions locks those in applications first.
    """
    with transaction.atomic(savepoint=False):
        refs = list(rows.filter(user__isnull=False).values_list("ref", flat=True))
        if refs:
            opened = ApplicationSession.objects.filter(session_ref__in=refs)
            row_locks.lock(opened.filter(ended_at__isnull=True))
            gone = list(row_locks.in_order(rows).values_list("ref", flat=True))
            end_these(opened.filter(session_ref__in=gone), timezone.now(), why)
        return row_locks.in_order(rows).delete()[0]
