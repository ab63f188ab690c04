"""Links that people get by email: invitations and password resets. Each is derived from its row and never stored."""

from django.conf import settings
from django.db import models

from verification.models.random_row_handles import HandleField


class Invitation(models.Model):
    """The newest invitation of someone who was added and has never signed in.

    The link is valid once, until `ends_at`, and in the epoch in which it was sent. A reminder replaces it.
    """

    handle = HandleField(unique=True, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitation")
    epoch = models.PositiveIntegerField()
    invited_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    n_reminders = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["sent_at"], condition=models.Q(accepted_at=None), name="invitations_to_remind"),
        )

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class PasswordReset(models.Model):
    """A password reset. Its link is valid once, until it expires, and only in the epoch in which it was requested."""

    handle = HandleField(unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="password_resets")
    epoch = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"password reset {self.pk}"
