"""The test people, and what all tests of the portal look at: mails, the record, a proof on demand."""

from pathlib import PurePath

from django.utils import timezone

from accounts.models import User
from tests.pages import Page
from tests.people import Clock, Person, ana, ben, cleo, clock, dev, stranger
from verification import browsers
from verification.context import Context
from verification.models import AuditEvent, Kind, Message
from verification.models import Browser as Remembered

__all__ = ["ana", "ben", "cleo", "clock", "dev", "kinds", "mails", "prove", "remembered_elsewhere", "stranger"]


def mails(person: Person) -> list[str]:
    """Name the notices that went to a person, the oldest first."""
    sent = Message.objects.filter(user=person.user, kind=Kind.MAIL, challenge=None).order_by("pk")
    return [PurePath(template).stem for template in sent.values_list("template", flat=True)]


def kinds(person: Person) -> list[str]:
    """Name what was recorded of a person, the oldest first."""
    return list(AuditEvent.objects.filter(user_id=person.user.pk).order_by("pk").values_list("kind", flat=True))


def prove(person: Person, clock: Clock, *, label: str = "Authenticator app") -> Page:
    """Prove oneself anew on the page that asks for it."""
    assert person.page.path == "/sign-in/again/", person.page
    clock.forward(seconds=31)  # an app's code works once
    person.browser.press(label)
    return person.verify(person.read_app())


def remembered_elsewhere(person: Person) -> Remembered:
    """Have another browser of a person remembered."""
    person.user = User.objects.get(pk=person.user.pk)
    context = Context(now=timezone.now(), network="198.51.100.4", agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    browsers.remember(person.user, context, days=14)
    return Remembered.objects.latest("pk")
