"""Admin forms that have been submitted, so that each takes effect only once."""

from django.db import models


class SentForm(models.Model):
    """A submitted form of the admin. The request that inserts its row acts; the same form submitted again does nothing.

    Support actions have references of their own (`execution.new_form_ref`), because one of their forms acts on many
    people, each once, and a refused action uses up its form too. Here a change that fails leaves the form unused.
    """

    ref = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"form {self.ref}"
