"""Sends one message, for tests of delivery."""

from tests.verification.conftest import EngineUser
from verification.delivery import dispatch
from verification.models import Message


def dispatch_message(ana: EngineUser, message: Message) -> Message:
    dispatch.send(message.pk, now=ana.context.now)
    message.refresh_from_db()
    return message
