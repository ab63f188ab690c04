"""Callbacks that the virtual carrier still has to post: receipts and key presses."""

from django.db import models

from .deliveries import Delivery


class PendingCallback(models.Model):
    """One post to one of our addresses. It is due until it was sent, or until all tries are used up."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="callbacks")
    event = models.CharField(max_length=8, choices=[("receipt", "receipt"), ("keys", "keys")])
    address = models.CharField(max_length=400)
    body = models.TextField()
    due_at = models.DateTimeField()
    is_held = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(default=0)  # of the last try; 0: no answer
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], name="virtual_callback_due", condition=models.Q(sent_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"
