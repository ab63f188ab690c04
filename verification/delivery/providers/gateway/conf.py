"""What an operator sets for the gateway. Read at call time."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

REQUEST = '{"to": "{to}", "text": "{words}", "from": "{sender}", "id": "{id}", "callback": "{receipt_url}"}'


@dataclass(frozen=True, kw_only=True)
class Conf:
    """How the carrier wants to be asked, how it answers, and how it signs what it reports.

    Shape: `request` is a JSON object whose words may hold `{to} {to_digits} {words} {sender} {id} {receipt_url}
    {seconds} {language}`, sent as JSON or as a form. Places in answers and receipts are paths such as
    `messages.0.id`. `signed` is what a receipt's signature covers, of `{time}`, `{url}` and `{body}`; of several
    `keys` the first is the present one. `states` and `reasons` turn the carrier's words into ours.
    """

    url: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    request: str = REQUEST
    as_form: bool = False
    sender: str = ""
    reference: str = "id"
    error: str = "error"
    probe_url: str = ""
    keys: tuple[str, ...] = ()
    signature_header: str = "x-signature"
    time_header: str = "x-timestamp"
    signed: str = "{time}.{url}.{body}"
    receipt_id: str = ""
    receipt_state: str = "status"
    receipt_reason: str = "error"
    receipt_reference: str = "id"
    states: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def read() -> Conf:
    """Read the settings: a dict `GATEWAY`, of which every entry may be left out."""
    given: dict[str, Any] = getattr(settings, "GATEWAY", {})
    return Conf(**{name: value for name, value in given.items() if value not in ("", {}, ())})
