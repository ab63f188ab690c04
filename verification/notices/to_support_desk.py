"""Emails to the support desk: alerts about a person, and messages that people write to it."""

from datetime import datetime
from enum import StrEnum

from verification import conf
from verification.delivery import outbox
from verification.models.user_protocol import Person
from verification.notices.notice_lifetime import NOTICE_LIFE
from verification.notices.template_path import template_path


def alert_support(user: Person, kind: str, *, now: datetime, **values: str) -> None:
    """Notify the support desk about a person."""
    if address := conf.support_email():
        values |= {"person": user.get_username()}
        outbox.notice(
            user,
            address,
            template=template_path("to_support_desk", kind),
            context=values,
            now=now,
            until=now + NOTICE_LIFE,
        )


class Writer(StrEnum):
    """How far someone who writes to the support desk was verified."""

    SIGNED_IN = "signed_in"
    HALF = "half"
    NOBODY = "nobody"


def forward_to_support(user: Person, address: str, text: str, *, now: datetime, how: Writer = Writer.SIGNED_IN) -> None:
    """Forward a person's message to the support desk, with how far they were verified."""
    said = {"person": user.get_username(), "name": user.get_full_name(), "mail": user.email, "words": text, "how": how}
    outbox.notice(
        user,
        address,
        template=template_path("to_support_desk", "request_for_help"),
        context=said,
        now=now,
        until=now + NOTICE_LIFE,
    )


def forward_unverified(address: str, text: str, *, name: str, contact: str, now: datetime) -> None:
    """Forward a message of someone who isn't signed in to the support desk, marked as unverified."""
    said = {"person": name, "name": name, "mail": contact, "words": text, "how": Writer.NOBODY}
    outbox.notice(
        None,
        address,
        template=template_path("to_support_desk", "request_for_help"),
        context=said,
        now=now,
        until=now + NOTICE_LIFE,
    )
