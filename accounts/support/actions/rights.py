"""Who may help whom: what staff see, how their permissions compare, and why an action is refused."""

from collections.abc import Collection
from enum import StrEnum

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Scope, User
from accounts.models.people import permissions_given_to


class Refusal(StrEnum):
    """Why an action is refused; recorded with each attempt."""

    NOT_ALLOWED = "not_allowed"
    ONESELF = "oneself"
    MORE_RIGHTS = "more_rights"
    EQUAL = "equal"
    OTHER_SCOPE = "other_scope"
    WIDER_SCOPE = "wider_scope"
    NO_CALLER = "no_caller"
    QUOTA = "quota"


class Rank(StrEnum):
    """What a person is to the member of staff who acts, by the permissions that both were given."""

    SELF = "self"
    PERSON = "person"
    BELOW = "below"
    EQUAL = "equal"
    ABOVE = "above"


class Effect(StrEnum):
    """What an action does to a person's way in."""

    OPENS = "opens"
    CLOSES = "closes"
    TRIES = "tries"
    ERASES = "erases"


# What nobody does alone for a member of staff, whatever the policy says. Above and oneself are refused altogether.
_NEVER_ALONE = {
    Rank.BELOW: {Effect.OPENS, Effect.ERASES},
    Rank.EQUAL: {Effect.OPENS, Effect.CLOSES},
}


def explain(refusal: Refusal) -> str:
    """Say why an action is closed and what would open it."""
    table = {
        Refusal.NOT_ALLOWED: _("Your role does not include this. Ask senior support."),
        Refusal.ONESELF: _("Nobody helps themselves. Ask a colleague."),
        Refusal.MORE_RIGHTS: _("This person has more rights than you. Ask an administrator."),
        Refusal.EQUAL: _("They have the same rights as you. Somebody with more ends their roles first."),
        Refusal.OTHER_SCOPE: _("This person belongs to another desk."),
        Refusal.WIDER_SCOPE: _("They would help people whom you may not help. Ask somebody who helps everybody."),
        Refusal.NO_CALLER: _("Verify the caller first: policy wants it before this action."),
        Refusal.QUOTA: _("You have done as much as one may do in a day. Ask a colleague or an administrator."),
    }
    return table[refusal]


def visible(staff: User) -> QuerySet[User]:
    """Give the people whom one of the staff may see: all, or those of the desks they belong to. No statement yet."""
    if staff.is_superuser:
        return User.objects.all()
    scopes = Scope.objects.filter(desk__user=staff)
    members = User.groups.through.objects.filter(user=OuterRef("pk"), group__in=scopes.values("people"))
    return User.objects.filter(~Exists(scopes) | Exists(members))


def can_view(staff: User, person: User) -> bool:
    """Tell whether a person is one of those whom this member of the staff may see."""
    return visible(staff).filter(pk=person.pk).exists()


def is_scoped(staff: User) -> bool:
    """Tell whether a member of the staff may see the people of their desks alone."""
    return not staff.is_superuser and Scope.objects.filter(desk__user=staff).exists()


def reaches_further(staff: User, desks: Collection[Group]) -> bool:
    """Tell whether a member of the staff in these groups would see people whom the one who puts them there does not.

    A scope that one could lift from a colleague would bind nobody.
    """
    if not is_scoped(staff):
        return False
    theirs, mine = Scope.objects.filter(desk__in=desks), Scope.objects.filter(desk__user=staff)
    seen = Scope.people.through.objects.filter(scope__in=theirs)
    return not theirs.exists() or seen.exclude(group__in=mine.values("people")).exists()


def rank(person: User, staff: User) -> Rank:
    """Compare a person with a member of staff. A right that only one of them has decides; superusers have all."""
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
    """Tell whether a person is one of the staff, so that nobody opens the account alone."""
    return person.is_staff or person.is_superuser


def may_speak_for(person: User, staff: User) -> bool:
    """Tell whether a member of staff may vouch for a person or agree to an action: another one, and not below them."""
    return rank(person, staff) not in {Rank.SELF, Rank.ABOVE}
