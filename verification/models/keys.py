"""The keys of keyed digests, sealed by the ring. They outlive every key of the ring."""

from django.db import models


class DigestKey(models.Model):
    """A key under which digests and message authentication codes are made. Only its seal is ever renewed."""

    name = models.CharField(max_length=32, unique=True)
    sealed = models.TextField(editable=False)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    def bound(self) -> str:
        """Name the place that the key is sealed for."""
        return f"digest_key:{self.name}"
