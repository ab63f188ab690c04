"""The form with which visitors of the demo simulate problems of the phone network."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.models.messages import FailureReason

from .models import Acceptance, Behaviour

if TYPE_CHECKING:
    _Form = forms.ModelForm[Behaviour]
else:
    _Form = forms.ModelForm  # can't be subscripted at run time

_DELAYS = [
    (0, _("immediately")),
    (2000, _("after 2 seconds")),
    (10_000, _("after 10 seconds")),
    (40_000, _("after 40 seconds")),
]
_LATENCIES = [(0, _("immediately")), (1000, _("after 1 second")), (4000, _("after 4 seconds"))]
_REPEATS = [(0, _("once")), (1, _("twice")), (4, _("five times"))]
_OUTCOMES = [
    ("", _("Everything arrives")),
    (FailureReason.UNREACHABLE, _("The phone is off or out of reach")),
    (FailureReason.LANDLINE, _("It is a landline, which can’t receive texts")),
    (FailureReason.BLOCKED, _("The phone company blocks our messages")),
    (FailureReason.FILTERED, _("Filtered as spam")),
    (FailureReason.OPTED_OUT, _("The owner has answered STOP")),
    (FailureReason.INVALID_NUMBER, _("The number doesn’t exist")),
    (FailureReason.BUSY, _("Calls: the line is busy")),
    (FailureReason.NO_ANSWER, _("Calls: nobody answers")),
    (FailureReason.VOICEMAIL, _("Calls: voicemail answers")),
    (FailureReason.UNKNOWN, _("It fails for an unknown reason")),
]
_ACCEPTANCES = [
    (Acceptance.TAKE, _("The provider accepts messages")),
    (Acceptance.REFUSE, _("It refuses them for the moment")),
    (Acceptance.BAR, _("It refuses them permanently")),
    (Acceptance.LOSE_AFTER, _("It accepts them, but its answer is lost")),
    (Acceptance.LOSE_BEFORE, _("It drops them without an answer")),
]
_REFUSALS = [
    ("", _("without a reason")),
    (FailureReason.RATE_LIMITED, _("too many at the same time")),
    (FailureReason.PROVIDER_DOWN, _("the provider is down")),
    (FailureReason.INVALID_NUMBER, _("the number doesn’t exist")),
    (FailureReason.OPTED_OUT, _("the owner has answered STOP")),
    (FailureReason.COUNTRY_NOT_ALLOWED, _("the country is not allowed")),
]


class _Number(forms.TypedChoiceField):
    """A number from a list. Without a choice it is 0."""

    def clean(self, value: Any) -> int:
        return int(super().clean(value) or 0)


class BehaviourForm(_Form):
    """Everything that can go wrong with messages to one phone."""

    first = ("outcome", "delay_ms")

    outcome = forms.ChoiceField(label=_("What happens"), choices=_OUTCOMES, required=False)
    delay_ms = _Number(label=_("It arrives"), choices=_DELAYS, required=False)
    acceptance = forms.ChoiceField(label=_("When we send it"), choices=_ACCEPTANCES, required=False)
    refusal = forms.ChoiceField(label=_("Reason for a refusal"), choices=_REFUSALS, required=False)
    send_latency_ms = _Number(label=_("The provider answers"), choices=_LATENCIES, required=False)
    n_repeats = _Number(label=_("Each delivery report arrives"), choices=_REPEATS, required=False)

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
            "reorders_receipts": _("Delivery reports arrive in the wrong order"),
            "holds_receipts": _("Delivery reports are held back"),
        }

    def clean_acceptance(self) -> str:
        """Accept messages unless something else is chosen."""
        return self.cleaned_data["acceptance"] or Acceptance.TAKE

    def usual(self) -> list[forms.BoundField]:
        """The fields that most people want."""
        return [self[name] for name in self.first]

    def unusual(self) -> list[forms.BoundField]:
        """The fields for those who know how carriers work."""
        return [field for field in self if field.name not in self.first]

    def has_unusual(self) -> bool:
        """Return whether any of those is set, so that the page shows them."""
        return any(field.value() not in (None, False, 0, "", Acceptance.TAKE) for field in self.unusual())
