"""What bounds the cost of texts and calls: open countries with their prices, caps, paused ranges, and who said STOP."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from verification import phone_numbers


class Country(models.Model):
    """A country that texts or calls may go to. Where there is no row, only the organisation's own is open."""

    code = models.CharField(_("country"), max_length=2, unique=True)
    texts = models.BooleanField(_("texts are open"), default=True)
    calls = models.BooleanField(_("calls are open"), default=True)
    text_price = models.DecimalField(_("price of a text"), max_digits=7, decimal_places=3, null=True, blank=True)
    call_price = models.DecimalField(_("price of a call"), max_digits=7, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        super().clean()
        if self.code and not phone_numbers.is_country(self.code):
            words = _("%(code)s is no country. Write two letters, such as CH.")
            raise ValidationError({"code": words % {"code": self.code}})
        self.code = self.code.upper()


class Span(models.TextChoices):
    """What a cap counts over."""

    DAY = "day", _("day")
    MONTH = "month", _("thirty days")


class Cap(models.Model):
    """How much texts and calls may cost. Above `alarm_at` operators are told; above `stop_at` none goes out."""

    span = models.CharField(_("in a"), max_length=8, choices=Span.choices, unique=True)
    alarm_at = models.DecimalField(
        _("tell operators at"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    stop_at = models.DecimalField(
        _("stop texts and calls at"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )

    def __str__(self) -> str:
        return f"Cap of a {self.get_span_display()}"

    def clean(self) -> None:
        super().clean()
        if self.alarm_at is not None and self.stop_at is not None and self.alarm_at > self.stop_at:
            raise ValidationError({"alarm_at": _("It must come before the stop.")})


class Pause(models.Model):
    """A range of numbers that nothing goes to for a while, as hardly anybody there types the codes in.

    At home it is a warning, which stops nothing.
    """

    range = models.CharField(_("range of numbers"), max_length=12)
    n_sent = models.PositiveIntegerField(_("people in the hour"))
    n_proven = models.PositiveIntegerField(_("of whom typed in"))
    is_warning = models.BooleanField(_("only a warning"), default=False, db_default=False)
    began_at = models.DateTimeField(_("since"))
    ends_at = models.DateTimeField(_("until"))
    lifted_at = models.DateTimeField(_("lifted"), null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    why_lifted = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["range", "began_at"], name="one_pause_of_a_range_at_once"),)
        indexes = (models.Index(fields=["range", "-ends_at"], name="pauses_of_a_range"),)

    def __str__(self) -> str:
        return f"{self.range}…"


class OptOut(models.Model):
    """A number whose owner told the carrier STOP. Shape: `address_digest` as in enrolments; `hint` masked."""

    address_digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("number"), max_length=64)
    provider = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = "number that said STOP"
        verbose_name_plural = "numbers that said STOP"

    def __str__(self) -> str:
        return self.hint


class HeardReply(models.Model):
    """A text to our number that was heard, by the provider's name of it: told again, it changes nothing.

    Kept for ever: a signature without a time is good for as long.
    """

    provider = models.CharField(max_length=32)
    reference = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["provider", "reference"], name="one_hearing_of_a_reply"),)

    def __str__(self) -> str:
        return f"{self.provider} {self.reference}"
