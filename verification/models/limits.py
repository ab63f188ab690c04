"""Counts of the rate limits. They are in the database, so that no restart forgets them."""

from django.conf import settings
from django.db import models


class Failure(models.Model):
    """Incorrect answers of one person with one method, over all sessions and entry points.

    Shape: `consecutive` counts them in a row; `next_at` is when the next answer is accepted; `locked_at` is when the
    method was locked.
    """

    # No number of its own: its index would have an entry for each row, and each sign-in writes two.
    pk = models.CompositePrimaryKey("user_id", "method")
    # No constraint in the database: its check would lock the person at every try. A count that is left over after
    # an erasure at the same time says nothing about anyone, and `purge` deletes it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="failures",
        db_constraint=False,
        db_index=False,  # the key has one
    )
    method = models.CharField(max_length=32)
    consecutive = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    locked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.method}: {self.consecutive}"


class Counter(models.Model):
    """How often something happened in one window. `key` is a keyed digest, never a name, number or address.

    Shape: `key` has 16 bytes, or 32 where it is of a name and of a place.
    """

    # No number of its own and no second index, because every sign-in writes three rows.
    pk = models.CompositePrimaryKey("scope", "key", "window_at")
    scope = models.CharField(max_length=24)
    key = models.BinaryField(max_length=32)
    window_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    until_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.scope}: {self.count}"
