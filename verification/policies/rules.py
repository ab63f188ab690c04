"""The rules that a policy can set, their defaults, and how policies merge into one."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from verification import registry
from verification.models import AppPasswordsEnd, Policy


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The policy in force for one person, each field decided.

    Shape: `voice_countries` as ISO 3166 names them, none: every open one; `staff_strength` 1 for any method, 3 for
    those that cannot be phished; `second_person` names the support desk's actions that a second one must agree to.
    Units: `grace_days` for which a registration may be put off; `staff_quota` in actions of one of the staff in a day.
    """

    methods: tuple[str, ...]
    remember_days: int
    code_life: timedelta
    number_matching: bool
    alone_allowed: bool
    app_passwords: bool
    app_passwords_end: AppPasswordsEnd
    trusted_networks: tuple[str, ...]
    grace_days: int
    voice_countries: tuple[str, ...]
    staff_strength: int
    caller_check: bool
    second_person: tuple[str, ...]
    staff_quota: int
    stock_tokens: bool


_DEFAULTS: dict[str, Any] = {
    "remember_days": 14,
    "code_life": timedelta(minutes=5),
    "number_matching": True,
    "alone_allowed": False,
    "app_passwords": True,
    "app_passwords_end": AppPasswordsEnd.ALWAYS,
    "trusted_networks": [],
    "grace_days": 0,
    "voice_countries": [],
    "staff_strength": 1,
    "caller_check": True,
    "second_person": ["erase"],
    "staff_quota": 200,
    "stock_tokens": False,
}


def merge(policies: Sequence[Policy]) -> Rules:
    """Decide each field by the first policy that fills it; the sequence runs from the strongest to the weakest."""

    def first(name: str) -> Any:
        values = (getattr(policy, name) for policy in policies)
        return next((value for value in values if value is not None), _DEFAULTS.get(name))

    allowed = first("methods")
    return Rules(
        methods=tuple(
            n for n, m in registry.methods().items() if (m.is_allowed_by_default if allowed is None else n in allowed)
        ),
        remember_days=first("remember_days"),
        code_life=first("code_life"),
        number_matching=first("number_matching"),
        alone_allowed=first("alone_allowed"),
        app_passwords=first("app_passwords"),
        app_passwords_end=AppPasswordsEnd(first("app_passwords_end")),
        trusted_networks=tuple(first("trusted_networks")),
        grace_days=first("grace_days"),
        voice_countries=tuple(first("voice_countries")),
        staff_strength=first("staff_strength"),
        caller_check=first("caller_check"),
        second_person=tuple(first("second_person")),
        staff_quota=first("staff_quota"),
        stock_tokens=first("stock_tokens"),
    )


def ranked(found: Iterable[Policy]) -> list[Policy]:
    """Order policies from the strongest to the weakest: those of groups by rank, then the one for everybody."""
    return sorted(found, key=lambda policy: (policy.group_id is None, policy.rank, policy.pk or 0))


def default(field: str) -> Any:
    """Give what counts for one field where no policy fills it."""
    return _DEFAULTS[field]


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
