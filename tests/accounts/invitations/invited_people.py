"""People who were invited, and their links, as tests need them."""

import re
from typing import Any

from accounts import invitations
from accounts.invitations import InvitationState
from accounts.models import Invitation, User
from tests.simulated.people import Clock, Person, join, work
from verification.delivery.providers.virtual.models import Delivery
from verification.models import AuditEvent


def fresh(name: str, **fields: Any) -> Person:
    person = join(name, **fields)
    person.user.set_unusable_password()
    person.user.save(update_fields=["password"])
    return person


def link() -> str:
    """Return the path of the link in the newest email."""
    work()
    words = Delivery.objects.filter(kind="mail").order_by("-pk")[0].words
    (found,) = re.findall(r"http://testserver(/invitation/\S+)", words)
    return str(found)


def invited(person: Person, clock: Clock) -> str:
    invitations.invite_new([person.user.pk], clock.now)
    return link()


def state(person: Person, clock: Clock) -> InvitationState | None:
    found = User.objects.get(pk=person.user.pk)
    return invitations.state_of(found, Invitation.objects.filter(user=found).first(), clock.now)


def kinds(person: Person) -> list[str]:
    return list(AuditEvent.objects.filter(user_id=person.user.pk).order_by("pk").values_list("kind", flat=True))
