"""The form by which people tell the network how to behave, in words of the person at the telephone."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.models.messages import Reason

from .models import Acceptance, Behaviour

if TYPE_CHECKING:
    _Form = forms.ModelForm[Behaviour]
else:
    _Form = forms.ModelForm  # cannot be subscripted at run time

_DELAYS = [
    (0, _("at once")),
    (2000, _("after 2 seconds")),
    (10_000, _("after 10 seconds")),
    (40_000, _("after 40 seconds")),
]
_LATENCIES = [(0, _("at once")), (1000, _("after 1 second")), (4000, _("after 4 seconds"))]
_REPEATS = [(0, _("once")), (1, _("twice")), (4, _("five times"))]
_OUTCOMES = [
    ("", _("Everything arrives")),
    (Reason.UNREACHABLE, _("The phone is off or out of reach")),
    (Reason.LANDLINE, _("A landline: it takes no texts")),
    (Reason.BLOCKED, _("The carrier blocks our messages")),
    (Reason.FILTERED, _("Filtered as spam")),
    (Reason.OPTED_OUT, _("The owner has answered STOP")),
    (Reason.INVALID_NUMBER, _("The number does not exist")),
    (Reason.BUSY, _("Calls: the line is busy")),
    (Reason.NO_ANSWER, _("Calls: nobody answers")),
    (Reason.VOICEMAIL, _("Calls: voicemail picks up")),
    (Reason.UNKNOWN, _("It fails and nobody says why")),
]
_ACCEPTANCES = [
    (Acceptance.TAKE, _("The carrier takes messages")),
    (Acceptance.REFUSE, _("It refuses them for now")),
    (Acceptance.BAR, _("It refuses them for good")),
    (Acceptance.LOSE_AFTER, _("It takes them, and its answer is lost")),
    (Acceptance.LOSE_BEFORE, _("It drops them without an answer")),
]
_REFUSALS = [
    ("", _("without a reason")),
    (Reason.RATE_LIMITED, _("too many at a time")),
    (Reason.PROVIDER_DOWN, _("the carrier is down")),
    (Reason.INVALID_NUMBER, _("the number does not exist")),
    (Reason.OPTED_OUT, _("the owner has answered STOP")),
    (Reason.COUNTRY_CLOSED, _("the country is closed")),
]


class _Number(forms.TypedChoiceField):
    """A number out of a list; none is nought."""

    def clean(self, value: Any) -> int:
        return int(super().clean(value) or 0)


class BehaviourForm(_Form):
    """Everything that can go wrong on the way to one telephone."""

    first = ("outcome", "delay_ms")

    outcome = forms.ChoiceField(label=_("What happens"), choices=_OUTCOMES, required=False)
    delay_ms = _Number(label=_("It arrives"), choices=_DELAYS, required=False)
    acceptance = forms.ChoiceField(label=_("At hand-over"), choices=_ACCEPTANCES, required=False)
    refusal = forms.ChoiceField(label=_("If it refuses"), choices=_REFUSALS, required=False)
    send_latency_ms = _Number(label=_("The carrier answers"), choices=_LATENCIES, required=False)
    n_repeats = _Number(label=_("Each receipt comes"), choices=_REPEATS, required=False)

    class Meta:
        model = Behaviour
        fields = [
            "outcome",
            "delay_ms",
            "acceptance",
            "refusal",
            "send_latency_ms",
            "n_repeats",
            "reorders_receipts",
            "holds_receipts",
        ]
        labels = {
            "reorders_receipts": _("Receipts come in the wrong order"),
            "holds_receipts": _("Receipts are held back"),
        }

    def clean_acceptance(self) -> str:
        """Take a message when nothing is said."""
        return self.cleaned_data["acceptance"] or Acceptance.TAKE

    def usual(self) -> list[forms.BoundField]:
        """The fields that most people come for."""
        return [self[name] for name in self.first]

    def unusual(self) -> list[forms.BoundField]:
        """The fields for those who know how carriers work."""
        return [field for field in self if field.name not in self.first]

    def has_unusual(self) -> bool:
        """Tell whether any of those is set, so that the page need not hide it."""
        return any(field.value() not in (None, False, 0, "", Acceptance.TAKE) for field in self.unusual())
