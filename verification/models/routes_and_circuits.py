"""Routes and circuits: which provider sends what where, and which one is bypassed because it failed."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification.models.messages import Channel

_PLACE = RegexValidator(
    r"^([A-Z]{2}|\+[1-9][0-9]{0,14})?$", _("Enter a country such as CH or a prefix such as +4179, or leave this empty.")
)


class Route(models.Model):
    """One provider for one kind of message to one place. Of several, the lowest order is tried first.

    Shape: `place` is a prefix of the number (+4179), a country (CH), or empty for everywhere. For each number only the
    routes of the most exact place apply. `sender` is what messages come from, if the provider lets us choose.
    """

    kind = models.CharField(_("kind of message"), max_length=8, choices=Channel.choices)
    place = models.CharField(
        _("place"),
        max_length=16,
        blank=True,
        validators=[_PLACE],
        help_text=_("A country such as CH or a number prefix such as +4179. Leave this empty for everywhere."),
    )
    order = models.PositiveSmallIntegerField(
        _("order"), default=10, help_text=_("The route with the lowest number is tried first.")
    )
    provider = models.CharField(_("provider"), max_length=32)
    sender = models.CharField(
        _("sender"),
        max_length=32,
        blank=True,
        help_text=_("The number or name that messages come from. Leave this empty for the provider’s usual one."),
    )
    is_on = models.BooleanField(_("in use"), default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "place", "provider"], name="one_route_a_provider"),)

    def __str__(self) -> str:
        return f"{self.kind} to {self.place or 'everywhere'} by {self.provider}"

    def clean(self) -> None:
        """Refuse a place for emails, whose addresses have none."""
        if self.kind == Channel.MAIL and self.place:
            raise ValidationError({"place": _("Leave the place empty for emails, because they have no country.")})


class CircuitState(models.TextChoices):
    """Whether a provider gets messages."""

    CLOSED = "closed", _("in use")
    OPEN = "open", _("bypassed")
    HALF_OPEN = "half_open", _("being tested with one message")


class Circuit(models.Model):
    """How one provider performs with one kind of message. Without a row it never failed.

    Shape: `until_at` ends the pause of an open circuit, or the trial of a half-open one; `trips` counts the pauses in a
    row, each twice as long as the previous one; `why` and `code` are what opened it; `notified_at` is when we told
    operators.
    """

    provider = models.CharField(_("provider"), max_length=32)
    kind = models.CharField(_("kind of message"), max_length=8, choices=Channel.choices)
    state = models.CharField(_("state"), max_length=16, choices=CircuitState.choices, default=CircuitState.CLOSED)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    trips = models.PositiveSmallIntegerField(_("times bypassed in a row"), default=0)
    until_at = models.DateTimeField(_("until"), null=True)
    changed_at = models.DateTimeField(_("last change"), default=timezone.now)
    why = models.CharField(_("reason"), max_length=16, blank=True)
    code = models.CharField(_("error code"), max_length=32, blank=True)
    notified_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["provider", "kind"], name="one_circuit_a_provider_and_kind"),)

    def __str__(self) -> str:
        return f"{self.provider}, {self.kind}: {self.get_state_display()}"
