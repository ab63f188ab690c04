"""Contact details of the support desk: that of the user's group, else the general one, else from the settings."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from helpcenter.models import Contact
from verification import conf


@dataclass(frozen=True)
class Desk:
    """A support desk. Shape: as shown on pages; empty where there is none."""

    name: str
    phone: str
    email: str
    hours: str
    takes_mail: bool = False


def desk_of(user: User | None = None) -> Desk:
    """Return the desk that helps a user. For anyone else, the general one."""
    mine = Q(group__isnull=True)
    if user is not None:
        mine |= Q(group__user=user)
    rows = sorted(Contact.objects.filter(mine), key=lambda row: (row.group_id is None, row.pk))
    if rows:
        row = rows[0]
        return Desk(row.name, row.phone, row.email, row.hours, row.takes_mail and bool(row.email))
    return Desk(conf.support_name(), conf.support_phone(), conf.support_email(), conf.support_hours())
