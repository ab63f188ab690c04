"""The provider of the virtual carrier: sends to it, reads its callbacks, and says whether it works."""

import json
import time
from collections.abc import Collection

from django.utils import timezone

from verification.delivery.inbound import callback_bodies
from verification.delivery.provider_interface import (
    Callback,
    Forged,
    KeyPress,
    Outgoing,
    ParsedCallback,
    Receipt,
    ResponseLost,
    SendRefused,
    Speech,
)
from verification.models.messages import Channel, FailureReason, MessageState

from . import carrier_behaviour, signature
from .models import Acceptance, Delivery, DeliveryState

# What the carrier says of calls, in the engine's words; a call that was taken to its end is a delivered message.
_STATES = {
    DeliveryState.ACCEPTED: MessageState.ACCEPTED,
    DeliveryState.SENT: MessageState.SENT,
    DeliveryState.DELIVERED: MessageState.DELIVERED,
    DeliveryState.UNDELIVERED: MessageState.UNDELIVERED,
    DeliveryState.FAILED: MessageState.FAILED,
    DeliveryState.RINGING: MessageState.RINGING,
    DeliveryState.ANSWERED: MessageState.ANSWERED,
    DeliveryState.COMPLETED: MessageState.DELIVERED,
    DeliveryState.BUSY: MessageState.UNDELIVERED,
    DeliveryState.NO_ANSWER: MessageState.UNDELIVERED,
    DeliveryState.HUNG_UP: MessageState.UNDELIVERED,
    DeliveryState.VOICEMAIL: MessageState.UNDELIVERED,
}


class VirtualProvider:
    """Sends texts, calls and emails to the phones of the demo."""

    name = "virtual"
    kinds = frozenset(Channel)

    def forget(self, messages: Collection[str]) -> None:
        """Remove messages from the phones."""
        Delivery.objects.filter(message_id__in=messages).delete()

    def send(self, message: Outgoing) -> str:
        """Give a message to the virtual carrier.

        The latency lies half before and half after the message is written down, as on a real line: a worker killed in
        the first half sent nothing, one killed in the second half sent it and doesn't know.
        """
        treated = carrier_behaviour.of_number(message.to)
        half = treated.send_latency_ms / 2000
        _wait(half)
        if treated.acceptance in (Acceptance.REFUSE, Acceptance.BAR):
            reason = FailureReason(treated.refusal or FailureReason.UNKNOWN)
            raise SendRefused(reason, permanent=treated.acceptance == Acceptance.BAR)
        if treated.acceptance == Acceptance.LOSE_BEFORE:
            raise ResponseLost
        delivery = carrier_behaviour.accept(message, treated=treated, now=timezone.now())
        _wait(half)
        if treated.acceptance == Acceptance.LOSE_AFTER:
            raise ResponseLost
        return delivery.reference

    def parse(self, callback: Callback) -> ParsedCallback:
        """Parse a signed callback of the carrier. Errors: `Forged`."""
        signature.check(callback, now=timezone.now())
        told = callback_bodies.json_object(callback)
        try:
            event, message_id = told["event"], told["message"]
            if (event, message_id) != (callback.event, callback.message_id) or not told["reference"]:
                raise Forged("the post belongs to another address")
            reference = str(told["reference"])
            if event == "keys":
                return ParsedCallback(
                    presses=(KeyPress(message_id, str(told["keys"])),), reference=reference, reply=_reply
                )
            receipt = Receipt(
                message_id=message_id,
                state=_STATES[DeliveryState(told["state"])],
                reason=FailureReason(told["reason"]) if told["reason"] else None,
                reference=reference,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Forged("the request is neither a receipt nor a key press") from error
        return ParsedCallback(receipts=(receipt,), reference=reference, reply=_reply)

    def probe(self) -> bool:
        """Return whether the carrier accepts messages. It doesn't while all numbers are set to an outage."""
        everywhere = carrier_behaviour.of_number("")
        return everywhere.acceptance == Acceptance.TAKE or everywhere.refusal != FailureReason.PROVIDER_DOWN


def _reply(speech: Speech | None) -> tuple[str, bytes]:
    said = {"words": speech.words, "more": speech.more} if speech else {}
    return "application/json", json.dumps(said).encode()


def _wait(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)


provider = VirtualProvider()
