"""What administrators decide in the admin: the form of a policy, and its rehearsal."""

import ipaddress
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ChangeForm
from accounts.models import User
from accounts.support import groups
from accounts.support.actions.registry import ACTIONS
from accounts.support.policies import policy_preview
from accounts.support.policies.policy_preview import Effect
from verification import phone_numbers, policies, registry
from verification.capabilities import Temporary
from verification.context import Context
from verification.models import AppPasswordsEnd, Policy

_WIDEST = {4: 8, 6: 32}  # a network wider than this is most of the internet
_FIELDS = (
    "group",
    "rank",
    "methods",
    "remember_days",
    "code_life",
    "number_matching",
    "alone_allowed",
    "app_passwords",
    "app_passwords_end",
    "trusted_networks",
    "text_notices",
    "voice_countries",
    "grace_days",
    "stock_tokens",
    "staff_strength",
    "caller_check",
    "second_person",
    "staff_quota",
)


class Lines(forms.CharField):
    """Several values, one a line; none leaves the rule to the next policy."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "").replace(",", "\n").splitlines()]
        return [line for line in lines if line] or None


class Minutes(forms.IntegerField):
    """A span in whole minutes."""

    def prepare_value(self, value: Any) -> Any:
        return int(value.total_seconds() // 60) if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> Any:
        minutes = super().clean(value)
        return None if minutes is None else timedelta(minutes=minutes)


class Marks(forms.MultipleChoiceField):
    """Marks in a list; none leaves the rule to the next policy."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.CheckboxSelectMultiple, **kwargs)

    def clean(self, value: Any) -> Any:
        return super().clean(value) or None


def _offered() -> list[tuple[str, Any]]:
    return [(name, method.label) for name, method in registry.methods().items() if not isinstance(method, Temporary)]


class PolicyForm(ChangeForm):
    """A policy, every rule of which may be left to the next one."""

    methods = Marks(label=_("Methods allowed"), choices=_offered, help_text=_("None marked: left to the next policy."))
    remember_days = forms.IntegerField(
        label=_("Days that a browser is remembered"),
        required=False,
        min_value=0,
        max_value=365,
        help_text=_("0 to 365."),
    )
    code_life = Minutes(label=_("Minutes that a code works"), required=False, min_value=3, max_value=10)
    trusted_networks = Lines(
        label=_("Trusted networks"),
        help_text=_("One a line, such as 192.0.2.0/24 or 2001:db8::/48. Nothing is asked there."),
    )
    voice_countries = Lines(
        label=_("Countries that calls may go to"), help_text=_("Codes such as CH or DE, one a line.")
    )
    grace_days = forms.IntegerField(
        label=_("Days that a registration may be put off"), required=False, min_value=0, max_value=14
    )
    staff_strength = forms.TypedChoiceField(
        label=_("Strength wanted of staff"),
        required=False,
        empty_value=None,
        coerce=int,
        choices=(
            ("", _("left to the next policy")),
            (1, _("any method")),
            (2, _("no text, call or mail")),
            (3, _("passkeys only")),
        ),
    )
    app_passwords_end = forms.TypedChoiceField(
        label=_("App passwords end with a new password"),
        required=False,
        empty_value=None,
        coerce=int,
        choices=(("", _("left to the next policy")), *AppPasswordsEnd.choices),
        help_text=_("With “always”, a person’s programs ask again after each change of the password."),
    )
    second_person = Marks(
        label=_("Actions that a second person must agree to"),
        choices=[*((a.name, a.label) for a in ACTIONS.values() if a.can_wait), groups.CHANGE],
    )
    staff_quota = forms.IntegerField(
        label=_("Actions of one of the staff in a day"), required=False, min_value=1, max_value=10_000
    )

    class Meta:
        model = Policy
        fields = _FIELDS
        labels = {"stock_tokens": _("People may take a hardware token from the stock")}
        help_texts = {"stock_tokens": _("With its serial number and its code.")}

    def clean_trusted_networks(self) -> list[str] | None:
        networks: list[str] | None = self.cleaned_data["trusted_networks"]
        return [_network(text) for text in networks] if networks else None

    def clean_voice_countries(self) -> list[str] | None:
        countries: list[str] | None = self.cleaned_data["voice_countries"]
        unknown = [text for text in countries or [] if not phone_numbers.is_country(text)]
        if unknown:
            raise forms.ValidationError(
                _("Not a country: %(names)s. Use codes such as CH.") % {"names": ", ".join(unknown)}
            )
        return [text.upper() for text in countries] if countries else None


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise forms.ValidationError(_("%(text)s is no network. Write it as 192.0.2.0/24.") % {"text": text}) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise forms.ValidationError(
            _("%(text)s is most of the internet: nothing would be asked there.") % {"text": text}
        )
    return str(network)


def effect(changed: Policy, context: Context, *, is_gone: bool = False) -> tuple[Effect, Effect]:
    """Say what policies mean now, and what they would mean with this one as changed."""
    before = list(Policy.objects.all())
    after = [policy for policy in before if policy.pk != changed.pk] + ([] if is_gone else [changed])
    return policy_preview.rehearse(before, now=context.now), policy_preview.rehearse(after, now=context.now)


def locks_out(staff: User, changed: Policy) -> bool:
    """Tell whether whoever saves a policy would be left without a way into the admin by it."""
    mine = set(staff.groups.values_list("pk", flat=True)) | {None}
    after = [p for p in Policy.objects.exclude(pk=changed.pk) if p.group_id in mine]
    after += [changed] if changed.group_id in mine else []
    rules = policies.for_staff(policies.merge(policies.ranked(after)))
    return not any(name in rules.methods for name in _proven(staff))


def _proven(staff: User) -> Sequence[str]:
    return list(staff.enrolments.filter(confirmed=True).values_list("method", flat=True))
