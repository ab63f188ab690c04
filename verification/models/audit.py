"""The audit log. Rows are written once: triggers refuse changes and deletions, except for erasing personal words."""

from typing import Any

from django.db import models

from verification.models.handles import HandleField

WORDS_DIGEST = "words_digest"  # digest of the personal words, in `detail`
NONCE = "nonce"  # among the words, so that nobody can guess short ones from their digest after they are erased


class AuditEvent(models.Model):
    """One action: when, who, whom, what, from where. `digest` authenticates the row with a key outside the database.

    People are stored as ids. `words` has what names or describes the person, such as a reason. It can be erased, but
    not changed: `detail` has a digest of it.
    """

    ref = HandleField(unique=True)
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=64)
    actor_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    network = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    # A default in the database, because processes of the previous release write rows without it.
    words = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    key_id = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = (
            models.Index(fields=["user_id", "-at"], name="audit_of_a_person"),
            models.Index(fields=["kind", "at"], name="audit_of_a_kind"),
            models.Index(fields=["actor_id", "-at"], name="audit_of_staff"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @property
    def said(self) -> dict[str, Any]:
        """Return everything that the event says: its details, and the personal words that aren't erased."""
        both = {**self.detail, **self.words}
        return {name: value for name, value in both.items() if name not in {WORDS_DIGEST, NONCE}}


class AuditSeal(models.Model):
    """One link of the chain: the events that it covers, in order, and a digest over them and the previous link."""

    number = models.PositiveBigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    refs = models.JSONField()
    previous = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"seal {self.number}"
