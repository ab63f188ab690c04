"""What operators switched off: texts, calls or mails altogether, or one provider; now or planned, with an end."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification.models.messages import Kind


class Outage(models.Model):
    """One switch. While it lasts, pages lead elsewhere and say why, and nothing of it goes out."""

    kind = models.CharField(_("what is off"), max_length=8, choices=Kind.choices, blank=True)
    provider = models.CharField(_("or one provider"), max_length=32, blank=True)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until somebody ends it."))
    words = models.CharField(
        _("what people are told"),
        max_length=200,
        blank=True,
        help_text=_("One sentence, such as “The carrier is down.”"),
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind="") ^ models.Q(provider=""), name="an_outage_is_of_a_kind_or_a_provider"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display() or self.provider} off"

    def clean(self) -> None:
        super().clean()
        if bool(self.kind) == bool(self.provider):
            raise ValidationError(_("Choose what is off: a kind of message, or one provider."))
        if self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("It must end after it begins.")})
