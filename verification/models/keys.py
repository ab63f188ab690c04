"""Keys of digests and of signatures, encrypted with `MFA_KEYS`. They outlive every key in it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


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


class SigningKey(models.Model):
    """A key that signs tokens for applications. Anyone may read its public part; its private part is encrypted.

    Shape: `kid` is the thumbprint of the public key (RFC 7638); `public` is a JSON Web Key. It is published from
    `made_at` on and signs from `signs_from` on, so that applications know it by then.
    """

    class Algorithm(models.TextChoices):
        """Source: RFC 7518, 3.1."""

        RS256 = "RS256", _("RS256")
        ES256 = "ES256", _("ES256")

    kid = models.CharField(max_length=43, unique=True, editable=False)
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices)
    public = models.JSONField(editable=False)
    sealed = models.TextField(editable=False)
    made_at = models.DateTimeField()
    signs_from = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(algorithm__in=["RS256", "ES256"]), name="signing_key_algorithm_is_known"
            ),
        )

    def __str__(self) -> str:
        return self.kid

    def bound(self) -> str:
        """Return the row and column that the private key is bound to."""
        return f"signing_key:{self.kid}"
