"""How a person reaches company support: the contact of their group, else everybody's, else the settings'."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from helpcenter.models import Contact
from verification import conf


@dataclass(frozen=True)
class Desk:
    """Whom to call. Shape: as a page shows it; empty where there is none."""

    name: str
    phone: str
    email: str
    hours: str
    takes_mail: bool = False


def desk_of(user: User | None = None) -> Desk:
    """Give the desk that helps a person; a stranger is given everybody's."""
    mine = Q(group__isnull=True)
    if user is not None:
        mine |= Q(group__user=user)
    rows = sorted(Contact.objects.filter(mine), key=lambda row: (row.group_id is None, row.pk))
    if rows:
        row = rows[0]
        return Desk(row.name, row.phone, row.email, row.hours, row.takes_mail and bool(row.email))
    return Desk(conf.support_name(), conf.support_phone(), conf.support_email(), conf.support_hours())
