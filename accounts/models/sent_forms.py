"""Admin forms that have been submitted, so that each takes effect only once."""

from django.db import models


class SentForm(models.Model):
    """A submitted form. The request that inserts its row acts; the same form submitted again does nothing."""

    ref = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"form {self.ref}"
