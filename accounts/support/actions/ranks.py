"""Ranks: how a user's permissions compare with those of a member of staff, and who may vouch for a user."""

from enum import StrEnum

from accounts.models import User
from accounts.models.people import permissions_given_to


class Rank(StrEnum):
    """How a user compares with the acting member of staff, by the permissions both were given."""

    SELF = "self"
    PERSON = "person"
    BELOW = "below"
    EQUAL = "equal"
    ABOVE = "above"


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
    """Return whether a user is a member of staff, and so needs two others to be helped to sign in."""
    return person.is_staff or person.is_superuser


def may_speak_for(person: User, staff: User) -> bool:
    """Return whether `staff` may vouch for a user or approve an action: a different person who is not below them."""
    return rank(person, staff) not in {Rank.SELF, Rank.ABOVE}
