"""Forms of the admin that were sent and acted on: each counts once."""

from django.db import models


class SentForm(models.Model):
    """One form that was acted on. The request that writes its row first acts; the same form sent again does nothing."""

    ref = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"form {self.ref}"
