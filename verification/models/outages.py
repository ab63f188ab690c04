"""Outages: operators switched off texts, calls, emails or one provider, now or for a planned time."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification.models.messages import Channel


class Outage(models.Model):
    """One outage. While it lasts, nothing is sent through it, and pages offer other methods and explain why."""

    kind = models.CharField(_("channel"), max_length=8, choices=Channel.choices, blank=True)
    provider = models.CharField(_("provider"), max_length=32, blank=True)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Leave this empty if you don’t know.")
    )
    words = models.CharField(
        _("message for people"),
        max_length=200,
        blank=True,
        help_text=_("Sign-in pages show this sentence, such as “The phone company has an outage.”"),
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
        return f"{self.what} off"

    @property
    def what(self) -> str:
        """Name what is switched off: a kind of message, or a provider."""
        return Channel(self.kind).plural if self.kind else self.provider

    def clean(self) -> None:
        super().clean()
        if bool(self.kind) == bool(self.provider):
            raise ValidationError(_("Choose texts, calls or emails, or one provider, but not both."))
        if self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("Enter an end that is after the start.")})
