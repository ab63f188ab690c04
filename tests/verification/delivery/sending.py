"""Sends one message, for tests of delivery, and lists what each provider got and which tries failed."""

from tests.verification.conftest import EngineUser
from tests.verification.delivery.conftest import FakeProvider
from verification.delivery import dispatch
from verification.models import Attempt, Message


def dispatch_message(ana: EngineUser, message: Message) -> Message:
    dispatch.send(message.pk, now=ana.context.now)
    message.refresh_from_db()
    return message


def given(two_providers: list[FakeProvider]) -> list[int]:
    return [len(carrier.given) for carrier in two_providers]


def tries() -> list[tuple[str, str, str]]:
    return list(Attempt.objects.order_by("pk").values_list("provider", "result", "reason"))
