"""The audit log. Rows are written once: triggers refuse changes and deletions, except for erasing personal words.

PostgreSQL keeps the events of each month in a table of its own. See the decision "Old months are dropped".
"""

import secrets
import struct
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models

from verification.models.random_row_handles import HandleField

WORDS_DIGEST = "words_digest"  # digest of the personal words, in `detail`
NONCE = "nonce"  # among the words, so that nobody can guess short ones from their digest after they are erased
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_MILLISECONDS = 2**47  # more than a date can have in any reference that we write


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


BY_SOMEONE_ELSE = models.Q(actor_id__isnull=False) & (
    models.Q(user_id__isnull=True) | ~models.Q(actor_id=models.F("user_id"))
)

# Each sign-in writes one of each. An index would have an entry for every one of them, and find nothing that is rare.
FREQUENT = ("challenge.issued", "sign_in.completed")


class AuditEvent(models.Model):
    """One action: when, who, to which user, what, from where. `digest` authenticates it with a key kept elsewhere.

    People are stored as ids. `words` has what names or describes the person, such as a reason. It can be erased, but
    not changed: `detail` has a digest of it. `ref` begins with the time of the event, by which it is found.
    """

    # Not unique in the database: a table in months can't be, so verifying the chain looks for copies. And in no index.
    ref = HandleField()
    at = models.DateTimeField()
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
            models.Index(fields=["user_id"], name="audit_of_a_person"),
            models.Index(fields=["kind", "at"], condition=~models.Q(kind__in=FREQUENT), name="audit_of_a_kind"),
            # Most people act for themselves, and then the index above finds them.
            models.Index(fields=["actor_id"], condition=BY_SOMEONE_ELSE, name="audit_of_staff"),
            # Small, because many events share a network; the class of operators lets it find the start of one.
            models.Index(fields=["network"], opclasses=["varchar_pattern_ops"], name="audit_of_a_network"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

    @staticmethod
    def ref_at(moment: datetime) -> str:
        """Return a new reference of an event. Shape: 32 hex digits, of which 12 are its time in milliseconds."""
        return f"{_milliseconds(moment):012x}{secrets.token_hex(10)}"

    @staticmethod
    def time_in(ref: str) -> tuple[datetime, datetime]:
        """Return the millisecond in which an event with this reference happened: from, and to before."""
        begins = _EPOCH + timedelta(milliseconds=int(ref[:12], 16) % _MAX_MILLISECONDS)
        return begins, begins + timedelta(milliseconds=1)

    @property
    def said(self) -> dict[str, Any]:
        """Return everything that the event says: its details, and the personal words that aren't erased."""
        both = {**self.detail, **self.words}
        return {name: value for name, value in both.items() if name not in {WORDS_DIGEST, NONCE}}


class AuditSeal(models.Model):
    """One link of the chain: the events that it covers, in order, and a digest over them and the previous link.

    `packed` holds the ids of the events. `content` is a digest over the events themselves, so that the chain can be
    followed after they are removed. No event after `upto` is in this seal or one before it.
    """

    number = models.PositiveBigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    packed = models.BinaryField()
    upto = models.BigIntegerField()
    content = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"seal {self.number}"

    @property
    def events(self) -> tuple[int, ...]:
        """Return the ids of the events that it covers, in order."""
        raw = bytes(self.packed)
        return struct.unpack(f">{len(raw) // 8}q", raw)

    @staticmethod
    def pack(ids: Collection[int]) -> bytes:
        """Write ids as the column stores them. Shape: eight bytes each."""
        return struct.pack(f">{len(ids)}q", *ids)


class AuditRemoval(models.Model):
    """A signed statement that old events were removed: all before the id `boundary`, and the seals up to `last_seal`.

    The chain goes on from `last_digest`. `previous` is the digest of the statement before it. `ends_at` is the instant
    up to which events were removed.
    """

    boundary = models.BigIntegerField(unique=True)
    ends_at = models.DateTimeField()
    n_events = models.PositiveBigIntegerField()
    last_seal = models.PositiveBigIntegerField()
    last_digest = models.CharField(max_length=64, blank=True)
    removed_at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"events before {self.ends_at.date()}"
