"""Invitations: an emailed link for someone who was added and has never signed in."""

from django.conf import settings
from django.db import models

from verification.models.handles import HandleField


class Invitation(models.Model):
    """A person's newest invitation. Its link is derived from `handle` and never stored.

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
