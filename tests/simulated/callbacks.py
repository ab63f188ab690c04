"""Helpers that send messages like a worker does, and post Twilio's signed callbacks about them."""

import re
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from twilio.request_validator import RequestValidator

from tests.simulated.fake_carrier import TOKEN
from tests.simulated.people import Person
from verification.delivery import dispatch
from verification.models import Message

FORM = "application/x-www-form-urlencoded"


def hand_over() -> Message:
    """Send the newest message, as a worker does."""
    message = Message.objects.latest("pk")
    dispatch.send(message.pk)
    message.refresh_from_db()
    return message


def call_back(
    message: Message, event: str = "receipt", *, token: str = TOKEN, query: str = "", at: str = "", **fields: str
) -> Any:
    """Post a callback as Twilio does, signed over the public URL."""
    path = f"/callbacks/twilio/{event}/{message.handle}/{query}"
    url = f"{at or 'http://testserver'}{path}"
    signature = RequestValidator(token).compute_signature(url, fields)
    return Client().post(path, urlencode(fields), content_type=FORM, headers={"X-Twilio-Signature": signature})


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def match(person: Person) -> str:
    """Return the two match digits on the page."""
    found = re.search(r"enter (\d\d) and press", person.page.words)
    assert found, person.page
    return found[1]
