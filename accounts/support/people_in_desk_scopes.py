"""People in desk scopes: which users a member of staff can see, by the desks that they belong to."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Scope, User
from verification.db.compiled_queries import BindParam, Values

_GROUPS = Values(lambda: Scope.objects.filter(desk__user=BindParam("staff")).values_list("people"))


def visible(staff: User) -> QuerySet[User]:
    """Return the users a member of staff may see: all, or those of their desks.

    It reads the groups of their desks at once. A condition that contains them makes each search slower, for Django and
    for the database, also where no desk has a scope.
    """
    groups = _groups_of(staff)
    if not groups:
        return User.objects.all()
    members = User.groups.through.objects.filter(user=OuterRef("pk"), group__in=[each for each in groups if each])
    return User.objects.filter(Exists(members))


def _groups_of(staff: User) -> list[int | None]:
    """Return the groups that the desks of a member of staff may help. None stands for a desk that may help nobody."""
    return [] if staff.is_superuser else [group for (group,) in _GROUPS.all(staff=staff.pk)]


def groups_of(staff: User) -> frozenset[int] | None:
    """Return the ids of the groups whose people a member of staff may see, or None if they may see everyone."""
    return frozenset(group for group in _groups_of(staff) if group) if is_scoped(staff) else None


def can_view(staff: User, person: User) -> bool:
    """Return whether a member of staff may see a user."""
    return visible(staff).filter(pk=person.pk).exists()


def is_scoped(staff: User) -> bool:
    """Return whether a member of staff may see only the users of their desks."""
    return bool(_groups_of(staff))


def lost(staff: User, groups: Mapping[int, Collection[int]]) -> set[int]:
    """Return whom a member of staff could not see any more, if these people were in exactly these groups.

    Otherwise staff could take people out of their own desk, and then not put them back.
    """
    mine = groups_of(staff)
    return set() if mine is None else {pk for pk, theirs in groups.items() if mine.isdisjoint(theirs)}


def reaches_further(staff: User, desks: Collection[Group]) -> bool:
    """Return whether membership of `desks` would let someone see users that `staff`, who assigns it, cannot see.

    Otherwise staff could escape their own scope by lifting a colleague's.
    """
    if not is_scoped(staff):
        return False
    theirs, mine = Scope.objects.filter(desk__in=desks), Scope.objects.filter(desk__user=staff)
    seen = Scope.people.through.objects.filter(scope__in=theirs)
    return not theirs.exists() or seen.exclude(group__in=mine.values("people")).exists()
