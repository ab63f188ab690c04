"""Remembered browsers, which skip the second step for some days."""

from django.conf import settings
from django.db import models

from verification.models.random_row_handles import HandleField


class Browser(models.Model):
    """A remembered browser. The cookie alone is worth nothing: this row decides, and belongs to one person.

    `method` is the method that was used when the browser was remembered.
    """

    ref = HandleField(unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="browsers")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    previous_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    method = models.CharField(max_length=32, blank=True, editable=False)
    epoch = models.PositiveIntegerField()
    agent = models.CharField(max_length=300, blank=True)
    network = models.CharField(max_length=45, blank=True)
    made_at = models.DateTimeField()
    rotated_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True)
    copied_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"browser {self.pk}"
