"""Numbers, messages and ranges as tests of toll fraud need them."""

from tests.verification.conftest import EngineUser
from verification import phone_numbers
from verification.models import (
    AuditEvent,
    Channel,
    Enrolment,
    Message,
)

SWISS, FRENCH, LATVIAN = "+41795551234", "+33612345678", "+37120000000"


def move(engine_user: EngineUser, number: str) -> None:
    """Give someone's telephone another number."""
    for row in Enrolment.objects.filter(user=engine_user.user, method__in=["text", "call"]):
        row.address, row.hint = number, phone_numbers.mask(number)
        row.save()


def kinds() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("kind", flat=True))


def mails() -> list[tuple[str, str]]:
    """Return who gets notices of operators, and which."""
    of_cost = "/(spending|number_range|few_codes)_"
    rows = Message.objects.filter(kind=Channel.MAIL, template__regex=of_cost).order_by("pk")
    return [(row.address, row.template.rsplit("/", 1)[1]) for row in rows]
