"""Contact details of support desks, for everyone or for one group."""

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """A support desk. Without a row, the settings apply."""

    group = models.OneToOneField(
        Group,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("for the people of"),
    )
    name = models.CharField(_("name"), max_length=100)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("email"), blank=True)
    hours = models.CharField(
        _("opening hours"), max_length=120, blank=True, help_text=_("Such as: Monday to Friday, 8:00 to 17:00")
    )
    takes_mail = models.BooleanField(
        _("accepts emails"), default=False, help_text=_("Help pages offer a form that sends an email to this desk.")
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = (
            models.UniqueConstraint(
                models.Case(models.When(group__isnull=True, then=models.Value(1))), name="one_contact_for_everybody"
            ),
        )

    def __str__(self) -> str:
        return self.name
