"""A portal that has the maximum of everything, with the longest names."""

from django.utils import timezone

from accounts import app_passwords
from tests.simulated.people import Person
from verification import audit, browsers
from verification.audit import verification_audit_events
from verification.context import Context
from verification.models import Enrolment, Message

LONG = "the old laptop that stands in the workshop behind the green door"

UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"


def fill_up(person: Person) -> None:
    """Give a person the maximum of everything, with the longest names."""
    context = Context(now=timezone.now(), network="2001:db8:1234:5678:9abc:def0:1234:5678", agent="Firefox/140.0")
    for at in range(10):
        row = Enrolment(user=person.user, method="passkey", name=(LONG, UNBROKEN)[at % 2], confirmed=True)
        row.address, row.confirmed_at = f"key{at}", context.now
        row.save()
    for at in range(app_passwords.MAX_PER_PERSON):
        name = (LONG, UNBROKEN, f"laptop {at}")[at % 3]
        app_passwords.issue(person.user, context, name=name, program="mail", network="2001:db8:1234:5678::/64")
    for _ in range(10):
        browsers.remember(person.user, context, days=14)
        audit.record(
            verification_audit_events.ENROLMENT_RENAMED, user_id=person.user.pk, context=context, method="passkey"
        )
    Message.objects.all().delete()
