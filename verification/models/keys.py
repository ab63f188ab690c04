"""Keys of keyed digests, encrypted with `MFA_KEYS`. They outlive every key in it."""

from django.db import models


class DigestKey(models.Model):
    """A key for digests and message authentication codes. Only its encryption is ever renewed."""

    name = models.CharField(max_length=32, unique=True)
    sealed = models.TextField(editable=False)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def bound(self) -> str:
        """Return the row and column that the key is bound to."""
        return f"digest_key:{self.name}"
