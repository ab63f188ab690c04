"""Challenges: requests to verify, each for one purpose and bound to one session. They never contain a code."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification.models.enrolments import Enrolment
from verification.models.random_row_handles import HandleField


class Purpose(models.TextChoices):
    """What a challenge is for. Verifying for one purpose is worth nothing for another."""

    SIGN_IN = "sign_in", _("sign-in")
    ENROL = "enrol", _("setup")
    FRESH = "fresh", _("re-authentication")
    CALLER = "caller", _("caller verification")
    SELF_TEST = "self_test", _("self-test")


class ChallengeState(models.TextChoices):
    """The state of a challenge: open until its time is over, approved on the phone, or one of the ends."""

    OPEN = "open", _("open")
    APPROVED = "approved", _("approved on the phone")
    PROVEN = "proven", _("verified")
    SUPERSEDED = "superseded", _("replaced by a newer one")
    ENDED = "ended", _("ended after too many incorrect answers")
    DENIED = "denied", _("reported as fraud")


ALIVE = (ChallengeState.OPEN, ChallengeState.APPROVED)
MAX_NUMBER = 32_767  # the most that `number` and `generation` can hold


class Challenge(models.Model):
    """A request to verify. Only guarded updates change its state. `generation` numbers the codes sent for it.

    `number` counts the challenges of a session in the order in which they became the live one. A new one gets the
    number of the live one, if there is one, and the database refuses it: so a session has one live challenge.
    """

    # Each index costs every write. A challenge is found by its session, and no index has what an answer changes. A
    # network that reached its limit asks for its own messages with each request: without an index this read all rows.
    handle = HandleField(editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="challenges",
        db_index=False,
        db_constraint=False,  # the enrolment's ensures it: an enrolment goes with its person
    )
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="challenges")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    mode = models.CharField(max_length=16, blank=True)
    binding = models.CharField(max_length=32, editable=False)
    number = models.PositiveSmallIntegerField(default=1, editable=False)
    generation = models.PositiveSmallIntegerField(default=1)
    nonce = HandleField(editable=False)
    key_id = models.CharField(max_length=32, editable=False)
    reference = models.CharField(max_length=4)
    code_life = models.DurationField()
    issued_at = models.DateTimeField()
    resend_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    language = models.CharField(max_length=16, default="en")
    network = models.CharField(max_length=45, blank=True)
    # What an answer changes stands together: PostgreSQL logs a row from its first change to its last.
    state = models.CharField(max_length=16, choices=ChallengeState.choices, default=ChallengeState.OPEN)
    tries_left = models.PositiveSmallIntegerField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["binding", "purpose", "number"], name="one_live_challenge_a_session"),
        )
        indexes = (
            models.Index(fields=["user", "-issued_at"], name="challenges_of_a_person"),
            models.Index(
                fields=["network", "issued_at"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops"],
                name="challenges_of_a_network",
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.reference}"

    def can_be_sent_again(self, now: datetime) -> bool:
        """Return whether it takes another code. An approval that the page didn't collect in time is worth nothing."""
        is_open = self.state == ChallengeState.OPEN or (
            self.state == ChallengeState.APPROVED and self.expires_at <= now
        )
        return is_open and self.tries_left > 0 and self.generation < MAX_NUMBER

    def state_words(self, now: datetime) -> str:
        """Return its state in words. No column says that its time is over."""
        is_over = self.state in ALIVE and self.expires_at <= now
        return str(_("expired") if is_over else self.get_state_display())

    def audit_detail(self) -> dict[str, Any]:
        """Return what audit events say about it."""
        return {
            "challenge": self.handle,
            "purpose": str(self.purpose),
            "method": self.enrolment.method,
            "enrolment": self.enrolment.ref,
            "reference": self.reference,
        }
