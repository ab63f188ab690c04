"""One-time tickets that carry a sign-in from the portal to one protected host, in one browser."""

import base64
import binascii
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from verification import limits
from verification.keys import derived_link_tokens

LIFE = timedelta(seconds=60)
_PURPOSE = "forward_auth.ticket"
_MAX_TICKET_LENGTH = 8192  # characters
_SPENT = "forward_auth.ticket"


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a ticket says. Shape: `browser` is a digest; `uri` is where the person wanted to go, on `host`.

    Units: `ends` in seconds since 1970.
    """

    application_id: int
    user_id: int
    session_ref: str
    host: str
    uri: str
    browser: str
    ends: int
    id: str


def issue(
    *, application_id: int, user_id: int, session_ref: str, host: str, uri: str, browser: str, now: datetime
) -> str:
    """Return a new ticket as text for an address. Nothing is stored: a ticket is signed, and spent when it is used."""
    ticket = Ticket(
        application_id=application_id,
        user_id=user_id,
        session_ref=session_ref,
        host=host,
        uri=uri,
        browser=browser,
        ends=int((now + LIFE).timestamp()),
        id=secrets.token_urlsafe(16),
    )
    said = base64.urlsafe_b64encode(json.dumps(asdict(ticket)).encode()).decode().rstrip("=")
    return f"{said}.{derived_link_tokens.derive(_PURPOSE, said)}"


def read(text: str, *, host: str, browser: str, now: datetime) -> Ticket | None:
    """Return the ticket if it is ours, for this host and browser, and not too old."""
    said, _dot, mac = text.partition(".")
    if len(text) > _MAX_TICKET_LENGTH or not derived_link_tokens.is_derived(_PURPOSE, said, mac):
        return None
    try:
        ticket = Ticket(**json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))))
    except (binascii.Error, ValueError, TypeError):
        return None  # signed by another version
    is_here = ticket.host == host and secrets.compare_digest(ticket.browser, browser)
    return ticket if is_here and now.timestamp() < ticket.ends else None


def spend(ticket: Ticket) -> bool:
    """Use up a ticket. Return False if it is used up, even by a request at the same instant."""
    return limits.spend_once(_SPENT, ticket.id, until=datetime.fromtimestamp(ticket.ends, tz=UTC))
