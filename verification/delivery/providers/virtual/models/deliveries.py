"""Messages that the virtual phone network accepted, and what happened to them. A message sent twice has two rows."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import models

from verification.models.messages import Channel


class DeliveryState(models.TextChoices):
    """The state of a message, in the words of the receipts."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    HUNG_UP = "hung_up"
    VOICEMAIL = "voicemail"


@dataclass(frozen=True)
class Caption:
    """One thing said or keyed in a call. Voice: caller, person or line. At: ISO 8601."""

    voice: str
    words: str
    at: str


class Delivery(models.Model):
    """One message to one phone. A message that is sent twice makes two rows, so that duplicates are visible."""

    message_id = models.CharField(max_length=64, db_index=True)
    reference = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8, choices=Channel.choices)
    to = models.CharField(max_length=254, db_index=True)
    extension = models.CharField(max_length=12, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    words = models.TextField()
    language = models.CharField(max_length=16)
    request_reference = models.CharField(max_length=8, blank=True)
    receipt_url = models.CharField(max_length=400, blank=True)
    keys_url = models.CharField(max_length=400, blank=True)
    received_at = models.DateTimeField()
    arrives_at = models.DateTimeField()
    useful_until = models.DateTimeField()

    state = models.CharField(max_length=12, choices=DeliveryState.choices)
    reason = models.CharField(max_length=20, blank=True)
    waits_until = models.DateTimeField(null=True, blank=True)  # a call rings, or waits for a key, until then
    ended_at = models.DateTimeField(null=True, blank=True)
    transcript = models.JSONField(default=list, blank=True)
    collected = models.CharField(max_length=32, blank=True)  # keys pressed and not yet sent to the caller
    awaits_reply = models.BooleanField(default=False)
    is_on_screen = models.BooleanField(default=False)  # an ended call stays on the screen until it is dismissed

    class Meta:
        indexes = [
            models.Index(
                fields=["waits_until"],
                name="virtual_delivery_waiting",
                condition=models.Q(waits_until__isnull=False),
            )
        ]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return self.reference

    @property
    def captions(self) -> tuple[Caption, ...]:
        """Read the transcript."""
        return tuple(Caption(**line) for line in self.transcript)

    def state_at(self, now: datetime) -> str:
        """Return the state of the message, also if the carrier has not saved it yet."""
        if now < self.arrives_at:
            return DeliveryState.SENT
        if self.state == DeliveryState.RINGING and self.waits_until and self.waits_until <= now:
            return DeliveryState.NO_ANSWER
        return self.state

    def has_arrived(self, now: datetime) -> bool:
        """Return whether the phone has received it."""
        return self.arrives_at <= now and self.state not in (DeliveryState.UNDELIVERED, DeliveryState.FAILED)


def as_transcript(captions: Iterable[Caption]) -> list[dict[str, Any]]:
    """Convert captions to what the row stores."""
    return [asdict(caption) for caption in captions]
