"""What ends people's sessions in applications: changes to their accounts and groups, each in its transaction."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.applications.open_sessions import end_these
from accounts.models import Application, ApplicationSession, User
from verification import enrolments
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
