"""Secrets of programs that are stored as digests, and replaced while the old one still works for a while."""

from django.db import models


class SecretHolder(models.Model):
    """What has a secret: at most the current one and an old one, so there are never more than two.

    Shape: keyed digests, empty without a secret. `accounts.applications.secret_rotation` draws, checks, replaces them.
    Each model declares both columns in `key_uses`.
    """

    secret_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    secret_made_at = models.DateTimeField(null=True, editable=False)
    former_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    former_ends_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
