"""The record of every action. Rows are written once; triggers refuse to change or remove them, but personal words."""

from typing import Any

from django.db import models

from verification.models.handles import HandleField

WORDS_DIGEST = "words_digest"  # of the personal words, in `detail`
NONCE = "nonce"  # among the words, so that nobody finds short ones by trying once they are gone


class AuditEvent(models.Model):
    """One action: when, who, whom, what, from where. `digest` authenticates the row under a key outside the database.

    People stand in it by number. `words` holds what names or describes the person, such as a reason; it can be emptied,
    and nothing else. `detail` holds a digest of it, so that a change is found.
    """

    ref = HandleField(unique=True)
    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=64)
    actor_id = models.BigIntegerField(null=True)
    user_id = models.BigIntegerField(null=True)
    network = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    # The database knows the default as well: a process of the release before writes rows without it.
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
        """All that the event says: its details, and the personal words that are still there."""
        both = {**self.detail, **self.words}
        return {name: value for name, value in both.items() if name not in {WORDS_DIGEST, NONCE}}


class AuditSeal(models.Model):
    """One link of the chain: the events it covers, in order, and a digest over them and the link before."""

    number = models.PositiveBigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    refs = models.JSONField()
    previous = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"seal {self.number}"
