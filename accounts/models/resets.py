"""Password resets with an emailed link. The link is derived from the row and never stored in it."""

from django.conf import settings
from django.db import models

from verification.models.handles import HandleField


class PasswordReset(models.Model):
    """One emailed link: valid once, until it expires, and only in the epoch in which it was requested."""

    handle = HandleField(unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="password_resets")
    epoch = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"password reset {self.pk}"
