"""Contact details of company support, for everyone or for one group."""

from django.contrib.auth.models import Group
from django.db import models


class Contact(models.Model):
    """A desk of company support. Without a row, the settings apply."""

    group = models.OneToOneField(
        Group, on_delete=models.CASCADE, null=True, blank=True, help_text="Whom it helps; empty for everybody else."
    )
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    hours = models.CharField(max_length=120, blank=True)
    takes_mail = models.BooleanField(default=False, help_text="Offer a form that mails this desk.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                models.Case(models.When(group__isnull=True, then=models.Value(1))), name="one_contact_for_everybody"
            ),
        )

    def __str__(self) -> str:
        return self.name
