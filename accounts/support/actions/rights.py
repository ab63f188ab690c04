"""Who may help whom: which users staff can see, how permissions compare, and why an action is refused."""

from collections.abc import Collection
from enum import StrEnum

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Scope, User
from accounts.models.people import permissions_given_to


class Refusal(StrEnum):
    """Why an action is refused. Recorded with each attempt."""

    NOT_ALLOWED = "not_allowed"
    ONESELF = "oneself"
    MORE_RIGHTS = "more_rights"
    EQUAL = "equal"
    OTHER_SCOPE = "other_scope"
    WIDER_SCOPE = "wider_scope"
    NO_CALLER = "no_caller"
    QUOTA = "quota"


class Rank(StrEnum):
    """How a user compares with the acting member of staff, by the permissions both were given."""

    SELF = "self"
    PERSON = "person"
    BELOW = "below"
    EQUAL = "equal"
    ABOVE = "above"


class Effect(StrEnum):
    """What an action does to a user's access."""

    OPENS = "opens"
    CLOSES = "closes"
    TRIES = "tries"
    ERASES = "erases"


# What nobody may do alone to a member of staff, whatever the policy. For those above, and oneself, all is refused.
_NEVER_ALONE = {
    Rank.BELOW: {Effect.OPENS, Effect.ERASES},
    Rank.EQUAL: {Effect.OPENS, Effect.CLOSES},
}


def explain(refusal: Refusal) -> str:
    """Return why an action is refused, and what to do about it."""
    table = {
        Refusal.NOT_ALLOWED: _("Your role doesn’t include this. Ask senior support."),
        Refusal.ONESELF: _("You can’t do this for your own account. Ask a colleague."),
        Refusal.MORE_RIGHTS: _("This person has more rights than you. Ask an administrator."),
        Refusal.EQUAL: _("They have the same rights as you. Ask an administrator to remove their staff roles first."),
        Refusal.OTHER_SCOPE: _("Another support desk helps this person. Ask a colleague there."),
        Refusal.WIDER_SCOPE: _("This role helps people whom you can’t help. Ask a colleague who can."),
        Refusal.NO_CALLER: _("Verify the caller first (required by policy)."),
        Refusal.QUOTA: _(
            "You’ve reached your limit of actions for today. Ask a colleague, or an administrator to raise it."
        ),
    }
    return table[refusal]


def visible(staff: User) -> QuerySet[User]:
    """Return the users whom a member of staff may see: all, or those of their desks. Runs no query yet."""
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
    """Return whether membership of `desks` would let someone see users whom `staff`, who assigns it, cannot see.

    Otherwise staff could escape their own scope by lifting a colleague's.
    """
    if not is_scoped(staff):
        return False
    theirs, mine = Scope.objects.filter(desk__in=desks), Scope.objects.filter(desk__user=staff)
    seen = Scope.people.through.objects.filter(scope__in=theirs)
    return not theirs.exists() or seen.exclude(group__in=mine.values("people")).exists()


def rank(person: User, staff: User) -> Rank:
    """Compare a user's permissions with a member of staff's. Superusers have all of them."""
    if person.pk == staff.pk:
        return Rank.SELF
    if not is_staff(person):
        return Rank.PERSON
    if person.is_superuser or staff.is_superuser:
        if not staff.is_superuser:
            return Rank.ABOVE
        return Rank.EQUAL if person.is_superuser else Rank.BELOW
    theirs, mine = permissions_given_to(person), staff.get_all_permissions()
    if theirs == mine:
        return Rank.EQUAL
    return Rank.BELOW if theirs < mine else Rank.ABOVE


def is_staff(person: User) -> bool:
    """Return whether a user is a member of staff, whom nobody may help to sign in alone."""
    return person.is_staff or person.is_superuser


def may_speak_for(person: User, staff: User) -> bool:
    """Return whether `staff` may vouch for a user or approve an action: a different person who is not below them."""
    return rank(person, staff) not in {Rank.SELF, Rank.ABOVE}
