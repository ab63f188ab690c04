"""The outbox: texts, calls and emails to send, what happened to each, and the failed tries of providers."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification.keys import crypto
from verification.models.challenges import Challenge
from verification.models.random_row_handles import HandleField


class Channel(models.TextChoices):
    """The channel of a message."""

    TEXT = "text", _("text")
    CALL = "call", _("call")
    MAIL = "mail", _("email")

    @property
    def plural(self) -> str:
        """Name all messages of this kind."""
        return str({"text": _("Texts"), "call": _("Calls"), "mail": _("Emails")}[self.value])


class MessageState(models.TextChoices):
    """What happened to a message. It only moves forward, in this order."""

    QUEUED = "queued", _("waiting to be sent")
    SENDING = "sending", _("being sent")
    UNKNOWN = "unknown", _("sent, no answer from the provider")
    LOST = "lost", _("lost, no receipt came")
    ACCEPTED = "accepted", _("accepted by the provider")
    SENT = "sent", _("on its way")
    RINGING = "ringing", _("ringing")
    ANSWERED = "answered", _("answered")
    DELIVERED = "delivered", _("delivered")
    UNDELIVERED = "undelivered", _("not delivered")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("too old to send")


MOVING = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)  # something is still to be done
FINAL = (MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED)
DEAD = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.LOST)  # it didn't arrive, as far as we know

MAX_CLAIMS = 32_767  # the most that the column can hold

# Receipts come in any order and more than once, so a message only moves to a higher rank.
RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 2,
    MessageState.LOST: 3,
    MessageState.ACCEPTED: 4,
    MessageState.SENT: 5,
    MessageState.RINGING: 5,
    MessageState.ANSWERED: 6,
    MessageState.DELIVERED: 7,
    MessageState.UNDELIVERED: 7,
    MessageState.FAILED: 7,
    MessageState.EXPIRED: 7,
}


class FailureReason(models.TextChoices):
    """Why a message didn't arrive, in our words."""

    UNREACHABLE = "unreachable", _("phone off or out of reach")
    LANDLINE = "landline", _("number can’t receive texts")
    BLOCKED = "blocked", _("blocked by the phone or the phone company")
    OPTED_OUT = "opted_out", _("opted out with STOP")
    INVALID_NUMBER = "invalid_number", _("number not in use")
    FILTERED = "filtered", _("filtered by the phone company")
    BUSY = "busy", _("line busy")
    NO_ANSWER = "no_answer", _("nobody answered")
    VOICEMAIL = "voicemail", _("a voicemail answered")
    HUNG_UP = "hung_up", _("hung up without pressing a key")
    RATE_LIMITED = "rate_limited", _("provider asks to slow down")
    COUNTRY_NOT_ALLOWED = "country_closed", _("country isn’t allowed")
    PROVIDER_DOWN = "provider_down", _("provider out of service")
    TOO_OLD = "too_old", _("too old to send")
    UNKNOWN = "unknown", _("not known")


class Message(models.Model):
    """One row of the outbox. Receipts refer to `handle`. The number is encrypted; the text is rendered when it is sent.

    `code` is the provider's own error code. Of a number, only `country` (ISO 3166) and `range` (country code and three
    digits) are readable, for statistics.
    """

    # Each index costs every write, and a message has four and more: so none for LIKE, as `unique=True` brings, and none
    # that another one covers.
    handle = HandleField(editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages", db_index=False, null=True
    )  # None if someone who isn't signed in wrote to the support desk
    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, null=True, related_name="messages")
    generation = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=8, choices=Channel.choices)
    template = models.CharField(max_length=100)
    context = models.JSONField(default=dict)
    sealed_address = models.TextField(editable=False)
    hint = models.CharField(max_length=64)
    country = models.CharField(max_length=3, blank=True)
    range = models.CharField(max_length=12, blank=True)
    extension = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=16, default="en")
    provider = models.CharField(max_length=32, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16, choices=MessageState.choices, default=MessageState.QUEUED)
    reason = models.CharField(max_length=16, choices=FailureReason.choices, blank=True)
    code = models.CharField(max_length=32, blank=True)
    claims = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    # When it may be sent. None once nothing is left to do: so the sweep's index has no column that a claim changes, and
    # PostgreSQL needs no new entry in any index for a claim.
    not_before = models.DateTimeField(default=timezone.now, null=True)
    useful_until = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        # Not unique in the database: PostgreSQL keeps each month in a table of its own, which can't be.
        indexes = (
            models.Index(fields=["handle"], name="messages_by_handle"),
            models.Index(fields=["not_before"], condition=models.Q(not_before__isnull=False), name="messages_to_move"),
            models.Index(fields=["user", "-created_at"], name="messages_of_a_person"),
        )  # and `messages_by_time`, which a migration makes
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(state__in=["queued", "sending", "unknown"]) | models.Q(not_before__isnull=False),
                name="message_to_move_is_found",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.hint}"

    def bound(self) -> str:
        """Return the row and column that the address is bound to."""
        return f"message.address:{self.handle}:{self.user_id}"

    @property
    def opens(self) -> bool:
        """Return whether the address can be read."""
        try:
            return bool(self.address)
        except crypto.Unsealable:
            return False

    @property
    def address(self) -> str:
        """The whole number or email address, for the provider only."""
        return crypto.unseal(self.sealed_address, purpose="address", bound=self.bound()).decode()

    @address.setter
    def address(self, value: str) -> None:
        self.sealed_address = crypto.seal(value.encode(), purpose="address", bound=self.bound())


class AttemptResult(models.TextChoices):
    """How a failed try ended."""

    REFUSED = "refused", _("refused")
    LOST = "lost", _("no answer")
    RETURNED = "returned", _("accepted, then reported as not delivered")


class Attempt(models.Model):
    """One failed try of a message. The try that succeeded, or is under way, is on the message itself."""

    # No constraint in the database, so that months of messages can be dropped without looking for attempts.
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attempts", db_constraint=False)
    provider = models.CharField(max_length=32)
    result = models.CharField(max_length=16, choices=AttemptResult.choices)
    reason = models.CharField(max_length=16, choices=FailureReason.choices, blank=True)
    code = models.CharField(max_length=32, blank=True)
    reference = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["at"], name="attempts_by_time"),)

    def __str__(self) -> str:
        return f"{self.provider}: {self.get_result_display()}"
