"""Cost controls for texts and calls: open countries with prices, spending limits, blocked ranges, opted-out numbers."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification import phone_numbers


class Country(models.Model):
    """A country that may receive texts or calls. Without a row it may not, except the organisation's own."""

    code = models.CharField(_("country"), max_length=2, unique=True, help_text=_("Its two-letter code, such as CH."))
    texts = models.BooleanField(_("allow texts"), default=True)
    calls = models.BooleanField(_("allow calls"), default=True)
    text_price = models.DecimalField(
        _("price of a text"),
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Use the same currency for all prices and spending limits. For example: 0.062."),
    )
    call_price = models.DecimalField(
        _("price of a call"),
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        help_text=_("Use the same currency for all prices and spending limits. For example: 0.095."),
    )

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        super().clean()
        if self.code and not phone_numbers.is_country(self.code):
            words = _("%(code)s isn’t a country code. Enter two letters, such as CH.")
            raise ValidationError({"code": words % {"code": self.code}})
        self.code = self.code.upper()


class Span(models.TextChoices):
    """The period that a spending limit counts."""

    DAY = "day", _("day")
    MONTH = "month", _("30 days")


class SpendingLimit(models.Model):
    """How much texts and calls may cost in a period.

    At `alarm_at` operators are notified; at `stop_at` no more texts or calls are sent.
    """

    span = models.CharField(_("period"), max_length=8, choices=Span.choices, unique=True)
    alarm_at = models.DecimalField(
        _("notify operators at"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("In the same currency as the prices of countries. Leave this empty to send no email."),
    )
    stop_at = models.DecimalField(
        _("stop texts and calls at"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("In the same currency as the prices of countries. Leave this empty to stop nothing."),
    )

    class Meta:
        verbose_name = _("spending limit")
        verbose_name_plural = _("spending limits")

    def __str__(self) -> str:
        return f"Limit per {self.get_span_display()}"

    def clean(self) -> None:
        super().clean()
        if self.alarm_at is not None and self.stop_at is not None and self.alarm_at > self.stop_at:
            raise ValidationError({"alarm_at": _("Enter at most the amount that stops texts and calls.")})


class BlockedRange(models.Model):
    """A range of numbers that gets no texts or calls for some hours, because hardly any of its codes were entered.

    In the organisation's own country it is a warning and blocks nothing.
    """

    range = models.CharField(_("number range"), max_length=12)
    n_sent = models.PositiveIntegerField(_("people who got a code"))
    n_proven = models.PositiveIntegerField(_("people who entered it"))
    is_warning = models.BooleanField(_("warning only"), default=False, db_default=False)
    began_at = models.DateTimeField(_("blocked since"))
    ends_at = models.DateTimeField(_("blocked until"))
    lifted_at = models.DateTimeField(_("unblocked"), null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("unblocked by"),
    )
    why_lifted = models.CharField(_("reason"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = _("blocked range")
        verbose_name_plural = _("blocked ranges")
        constraints = (models.UniqueConstraint(fields=["range", "began_at"], name="one_block_of_a_range_at_a_time"),)
        indexes = (models.Index(fields=["range", "-ends_at"], name="blocks_of_a_range"),)

    def __str__(self) -> str:
        return f"{self.range}…"


class OptOut(models.Model):
    """A number whose owner replied STOP to a text. Shape: `address_digest` as in enrolments; `hint` masked."""

    address_digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("number"), max_length=64)
    provider = models.CharField(_("provider"), max_length=32, blank=True)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("opted-out number")
        verbose_name_plural = _("opted-out numbers")

    def __str__(self) -> str:
        return self.hint


class ProcessedReply(models.Model):
    """A reply to one of our texts that was processed, by the provider's id. The same reply again changes nothing.

    Rows are never deleted: a signature without a timestamp stays valid forever.
    """

    provider = models.CharField(max_length=32)
    reference = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["provider", "reference"], name="one_processing_of_a_reply"),)

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"
