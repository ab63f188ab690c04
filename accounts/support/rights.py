"""Whom one of the staff may help, and with what. Every refusal has words that say what to do."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Scope, User
from verification.policies import Rules


class Refusal(StrEnum):
    """Why a deed is refused; recorded with each attempt."""

    NOT_ALLOWED = "not_allowed"
    ONESELF = "oneself"
    MORE_RIGHTS = "more_rights"
    OTHER_SCOPE = "other_scope"
    NO_CALLER = "no_caller"
    QUOTA = "quota"


def words(refusal: Refusal) -> str:
    """Say why a deed is closed and what would open it."""
    table = {
        Refusal.NOT_ALLOWED: _("Your role does not include this. Ask senior support."),
        Refusal.ONESELF: _("Nobody helps themselves. Ask a colleague."),
        Refusal.MORE_RIGHTS: _("This person has more rights than you. Ask an administrator."),
        Refusal.OTHER_SCOPE: _("This person belongs to another desk."),
        Refusal.NO_CALLER: _("Verify the caller first: policy wants it before this deed."),
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


def sees(staff: User, person: User) -> bool:
    """Tell whether a person is one of those whom this member of the staff may see."""
    return visible(staff).filter(pk=person.pk).exists()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A deed that somebody wants to do: the right it takes, and whether it is risky."""

    permission: str
    is_risky: bool


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What bounds one of the staff in helping one person, whatever the deed; read once for all of them."""

    staff: User
    whole: Refusal | None
    wants_caller: bool

    def refusal(self, wish: Wish) -> Refusal | None:
        """Tell why a deed is closed; none if it is open. The quota is spent apart."""
        if not self.staff.has_perm(f"accounts.{wish.permission}"):
            return Refusal.NOT_ALLOWED
        if self.whole:
            return self.whole
        return Refusal.NO_CALLER if wish.is_risky and self.wants_caller else None


def bounds_of_seen(staff: User, person: User, *, rules: Rules, is_caller_verified: bool) -> Bounds:
    """Read the same of somebody who was found among those whom this member of the staff sees."""
    if staff.pk == person.pk:
        whole: Refusal | None = Refusal.ONESELF
    else:
        whole = Refusal.MORE_RIGHTS if has_more_rights(person, staff) else None
    return Bounds(staff=staff, whole=whole, wants_caller=rules.caller_check and not is_caller_verified)


def bounds(staff: User, person: User, *, rules: Rules, is_caller_verified: bool) -> Bounds:
    """Read what bounds one of the staff in helping a person."""
    wants_caller = rules.caller_check and not is_caller_verified
    return Bounds(staff=staff, whole=_whole(staff, person), wants_caller=wants_caller)


def _whole(staff: User, person: User) -> Refusal | None:
    if staff.pk == person.pk:
        return Refusal.ONESELF
    if not sees(staff, person):
        return Refusal.OTHER_SCOPE
    return Refusal.MORE_RIGHTS if has_more_rights(person, staff) else None


def has_more_rights(person: User, staff: User) -> bool:
    """Tell whether a person may do anything that this member of the staff may not."""
    if staff.is_superuser or not (person.is_staff or person.is_superuser):
        return False
    return person.is_superuser or not person.get_all_permissions() <= staff.get_all_permissions()
