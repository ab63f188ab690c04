"""Fixtures: messages for the virtual carrier, and a receiver for its callbacks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from verification.delivery.provider_interface import Callback, Outgoing, ParsedCallback
from verification.delivery.providers.virtual import callback_sender
from verification.delivery.providers.virtual.models import Behaviour, Delivery
from verification.delivery.providers.virtual.provider import provider
from verification.models.messages import Channel

NUMBER = "+41795550123"
OURS = "http://testserver/callbacks/virtual"


def outgoing(kind: Channel = Channel.TEXT, **changes: Any) -> Outgoing:
    """Return a message as the outbox passes it to a provider."""
    message_id = changes.pop("id", "0123456789abcdef0123456789abcdef")
    values: dict[str, Any] = {
        "id": message_id,
        "kind": kind,
        "to": NUMBER,
        "words": "Your code is 482 917.",
        "language": "en",
        "request_reference": "K4",
        "useful_until": datetime.now(UTC) + timedelta(minutes=5),
        "receipt_url": f"{OURS}/receipt/{message_id}/",
        "keys_url": f"{OURS}/keys/{message_id}/",
    }
    return Outgoing(**values | changes)


@dataclass
class CallbackReceiver:
    """Our end of the line: receives the carrier's callbacks, has the provider read them, and answers as told."""

    answers: list[callback_sender.CallbackResponse] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    parsed: list[ParsedCallback] = field(default_factory=list)

    def post(self, address: str, body: bytes, headers: dict[str, str]) -> callback_sender.CallbackResponse:
        event, message_id = address.rstrip("/").split("/")[-2:]
        lower = {name.lower(): value for name, value in headers.items()}
        callback = Callback(url=address, headers=lower, body=body, event=event, message_id=message_id)
        self.callbacks.append(callback)
        self.parsed.append(provider.parse(callback))
        return self.answers.pop(0) if self.answers else callback_sender.CallbackResponse(200, b"{}")

    @property
    def states(self) -> list[str]:
        """The states of the receipts, in order of arrival."""
        return [receipt.state for parsed in self.parsed for receipt in parsed.receipts]

    @property
    def reasons(self) -> list[str | None]:
        return [receipt.reason for parsed in self.parsed for receipt in parsed.receipts]

    @property
    def keys(self) -> list[str]:
        return [press.keys for parsed in self.parsed for press in parsed.presses]


@pytest.fixture
def callback_receiver(db: None) -> CallbackReceiver:
    return CallbackReceiver()


@pytest.fixture
def page(db: None) -> Client:
    return Client()


def behave(**terms: Any) -> Behaviour:
    """Set how the network treats this test number, or another."""
    return Behaviour.objects.create(**{"number": NUMBER} | terms)


def ring(**changes: Any) -> Delivery:
    """Start a ringing call."""
    reference = provider.send(outgoing(Channel.CALL, **{"words": "Hello. Press hash."} | changes))
    return Delivery.objects.get(reference=reference)


def soon(**span: float) -> datetime:
    """Return a time after now. Without a span, after everything that is due at once."""
    return datetime.now(UTC) + timedelta(**span or {"milliseconds": 10})
