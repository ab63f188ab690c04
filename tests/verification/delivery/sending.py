"""Sends one message, for tests of delivery."""

from tests.verification.conftest import Desk
from verification.delivery import dispatch
from verification.models import Message


def send(ana: Desk, message: Message) -> Message:
    dispatch.send(message.pk, now=ana.context.now)
    message.refresh_from_db()
    return message
