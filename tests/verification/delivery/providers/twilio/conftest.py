"""Fixtures: a Twilio account at the fake carrier, and a message for it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.simulated.fake_carrier import twilio
from verification.delivery.provider_interface import Outgoing
from verification.models import Channel

__all__ = ["twilio"]

ID = "0123456789abcdef0123456789abcdef"


def outgoing(kind: Channel = Channel.TEXT, **more: Any) -> Outgoing:
    values: dict[str, Any] = {
        "id": ID,
        "kind": kind,
        "to": "+41795550123",
        "words": "482917 is your code.",
        "language": "en",
        "useful_until": timezone.now() + timedelta(minutes=5),
        "receipt_url": f"https://mfa.example.org/callbacks/twilio/receipt/{ID}/",
        "keys_url": f"https://mfa.example.org/callbacks/twilio/keys/{ID}/",
    }
    return Outgoing(**values | more)
