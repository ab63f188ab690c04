"""The rules that a policy can set, each declared once, and how policies merge into one."""

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from operator import attrgetter
from typing import Any

from django import forms
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from verification import registry
from verification.capabilities import Temporary
from verification.models import AppPasswordsEnd, Policy
from verification.models.policies import strongest
from verification.policies.declaration import declared, rule
from verification.policies.fields import Countries, Level, Marks, Minutes, Networks

_NEXT_POLICY = ("", _("left to the next policy"))


def _usual_methods() -> tuple[str, ...]:
    return tuple(name for name, method in registry.methods().items() if method.is_allowed_by_default)


def _installed(names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in registry.methods() if name in names)


def _offered_methods() -> list[tuple[str, Any]]:
    return [(name, method.label) for name, method in registry.methods().items() if not isinstance(method, Temporary)]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The policy in force for one person, each rule decided; without arguments, what counts where no policy says more.

    To add a rule, declare it here and give `models.Policy` a column of the same name. The form, the case page, the
    preview of a change and the order of policies follow.

    Shape: `voice_countries` as ISO 3166 names them, none: every open one; `staff_strength` 1 for any method, 3 for
    those that cannot be phished; `second_person` names the actions of support that a second one must agree to.
    Units: `grace_days` for which a registration may be put off; `staff_quota` in actions of one of the staff in a day.
    """

    methods: tuple[str, ...] = rule(
        default=_usual_methods,
        read=_installed,
        label=_("Methods allowed"),
        help_text=_("None marked: left to the next policy."),
        field=partial(Marks, choices=_offered_methods),
    )
    remember_days: int = rule(
        default=14,
        label=_("Days that a browser is remembered"),
        help_text=_("0 to 365."),
        field=partial(forms.IntegerField, min_value=0, max_value=365),
    )
    code_life: timedelta = rule(
        default=timedelta(minutes=5),
        label=_("Minutes that a code works"),
        field=partial(Minutes, min_value=3, max_value=10),
    )
    number_matching: bool = rule(default=True, label=_("Number matching"), field=forms.NullBooleanField)
    alone_allowed: bool = rule(default=False, label=_("Sign-in without a password"), field=forms.NullBooleanField)
    app_passwords: bool = rule(default=True, label=_("App passwords"), field=forms.NullBooleanField)
    app_passwords_end: AppPasswordsEnd = rule(
        default=AppPasswordsEnd.ALWAYS,
        read=AppPasswordsEnd,
        label=_("App passwords end with a new password"),
        help_text=_("With “always”, a person’s programs ask again after each change of the password."),
        field=partial(Level, choices=(_NEXT_POLICY, *AppPasswordsEnd.choices)),
    )
    trusted_networks: tuple[str, ...] = rule(
        default=(),
        read=tuple,
        label=_("Trusted networks"),
        help_text=_("One a line, such as 192.0.2.0/24 or 2001:db8::/48. Nothing is asked there."),
        field=Networks,
    )
    text_notices: bool = rule(default=False, label=_("Notices by text as well"), field=forms.NullBooleanField)
    voice_countries: tuple[str, ...] = rule(
        default=(),
        read=tuple,
        label=_("Countries that calls may go to"),
        help_text=_("Codes such as CH or DE, one a line."),
        field=Countries,
    )
    grace_days: int = rule(
        default=0,
        label=_("Days that a registration may be put off"),
        field=partial(forms.IntegerField, min_value=0, max_value=14),
    )
    stock_tokens: bool = rule(
        default=False,
        label=_("People may take a hardware token from the stock"),
        help_text=_("With its serial number and its code."),
        field=forms.NullBooleanField,
    )
    staff_strength: int = rule(
        default=1,
        label=_("Strength wanted of staff"),
        field=partial(
            Level,
            choices=(_NEXT_POLICY, (1, _("any method")), (2, _("no text, call or mail")), (3, _("passkeys only"))),
        ),
    )
    caller_check: bool = rule(default=True, label=_("Caller check"), field=forms.NullBooleanField)
    second_person: tuple[str, ...] = rule(
        default=("erase",),
        read=tuple,
        label=_("Actions that a second person must agree to"),
        field=Marks,
    )
    staff_quota: int = rule(
        default=200,
        label=_("Actions of one of the staff in a day"),
        field=partial(forms.IntegerField, min_value=1, max_value=10_000),
    )


RULES = declared(Rules)


def merge(policies: Sequence[Policy]) -> Rules:
    """Decide each rule by the first policy that fills it; the sequence runs from the strongest to the weakest."""
    decided = {}
    for each in RULES:
        values = (getattr(policy, each.name) for policy in policies)
        if (value := next((value for value in values if value is not None), None)) is not None:
            decided[each.name] = each.read(value)
    return Rules(**decided)


def ranked(found: Iterable[Policy]) -> list[Policy]:
    """Order policies from the strongest to the weakest."""
    return sorted(found, key=attrgetter("precedence"))


def default(name: str) -> Any:  # noqa: ANN401  (of the type of its field)
    """Give what counts for one rule where no policy fills it."""
    return getattr(Rules(), name)


def in_statement(user: OuterRef, name: str) -> Coalesce:
    """Decide one rule within a statement that reads something of a person, as `merge` does. Only for plain values."""
    column: Any = Policy._meta.get_field(name)  # noqa: SLF001  (the public name of Django's model API)
    decides = strongest(user, name).values(name)[:1]
    return Coalesce(Subquery(decides), Value(default(name)), output_field=column)


def is_trusted(network: str, rules: Rules) -> bool:
    """Tell whether an address lies in a network where nothing is asked. An unreadable address never does."""
    try:
        address = ipaddress.ip_address(network)
        return any(address in ipaddress.ip_network(trusted, strict=False) for trusted in rules.trusted_networks)
    except ValueError:
        return False


def for_staff(rules: Rules) -> Rules:
    """Leave staff the methods that are strong enough for them."""
    strong = tuple(name for name in rules.methods if registry.method(name).strength >= rules.staff_strength)
    return replace(rules, methods=strong)
