"""Fixtures for the portal: the test users, their notices and audit events, and re-authentication."""

from pathlib import PurePath

from django.utils import timezone

from accounts.models import User
from tests.simulated.http_browser import Page
from tests.simulated.people import Clock, Person, ana, ben, cleo, clock, dev, stranger
from verification import browsers
from verification.context import Context
from verification.models import AuditEvent, Channel, Message
from verification.models import Browser as Remembered

__all__ = ["ana", "ben", "cleo", "clock", "dev", "kinds", "mails", "prove", "remembered_elsewhere", "stranger"]


def mails(person: Person) -> list[str]:
    """Return the notices sent to a user, oldest first."""
    sent = Message.objects.filter(user=person.user, kind=Channel.MAIL, challenge=None).order_by("pk")
    return [PurePath(template).stem for template in sent.values_list("template", flat=True)]


def kinds(person: Person) -> list[str]:
    """Return the kinds of a user's audit events, oldest first."""
    return list(AuditEvent.objects.filter(user_id=person.user.pk).order_by("pk").values_list("kind", flat=True))


def prove(person: Person, clock: Clock, *, label: str = "Authenticator app") -> Page:
    """Verify again on the re-authentication page."""
    assert person.page.path == "/sign-in/again/", person.page
    clock.forward(seconds=31)  # an app's code works once
    person.browser.press(label)
    return person.verify(person.read_app())


def remembered_elsewhere(person: Person) -> Remembered:
    """Remember another browser of a user."""
    person.user = User.objects.get(pk=person.user.pk)
    context = Context(now=timezone.now(), network="198.51.100.4", agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    browsers.remember(person.user, context, days=14)
    return Remembered.objects.latest("pk")
