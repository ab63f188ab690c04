"""Desk scopes: which users a member of staff can see, by the desks that they belong to."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Scope, User


def visible(staff: User) -> QuerySet[User]:
    """Return the users a member of staff may see: all, or those of their desks. Runs no query yet."""
    if staff.is_superuser:
        return User.objects.all()
    scopes = Scope.objects.filter(desk__user=staff)
    members = User.groups.through.objects.filter(user=OuterRef("pk"), group__in=scopes.values("people"))
    return User.objects.filter(~Exists(scopes) | Exists(members))


def can_view(staff: User, person: User) -> bool:
    """Return whether a member of staff may see a user."""
    return visible(staff).filter(pk=person.pk).exists()


def is_scoped(staff: User) -> bool:
    """Return whether a member of staff may see only the users of their desks."""
    return not staff.is_superuser and Scope.objects.filter(desk__user=staff).exists()


def reaches_further(staff: User, desks: Collection[Group]) -> bool:
    """Return whether membership of `desks` would let someone see users that `staff`, who assigns it, cannot see.

    Otherwise staff could escape their own scope by lifting a colleague's.
    """
    if not is_scoped(staff):
        return False
    theirs, mine = Scope.objects.filter(desk__in=desks), Scope.objects.filter(desk__user=staff)
    seen = Scope.people.through.objects.filter(scope__in=theirs)
    return not theirs.exists() or seen.exclude(group__in=mine.values("people")).exists()
