"""Decides what is required of a person here and now. It reads rows and the context; it changes nothing."""

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from django.contrib.auth import get_user_model
from django.db.models import BooleanField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification import enrolments, registry
from verification.context import Context
from verification.db.ttl_cache import TTLCache
from verification.enrolments import Option
from verification.models import AppPasswordsEnd, Enrolment, Policy
from verification.models.policies import strongest


class Person(Protocol):
    """What the engine reads of a person."""

    pk: int
    is_staff: bool
    is_active: bool
    second_step: str
    blocked_until: datetime | None
    second_step_locked_at: datetime | None
    securing_since: datetime | None
    bypass_until: datetime | None
    n_put_off: int
    grace_ends_at: datetime | None


class Step(StrEnum):
    """What happens next in a sign-in whose password was right."""

    ALLOW = "allow"
    ASK = "ask"
    ENROL = "enrol"
    DENY = "deny"


class Why(StrEnum):
    """Why a decision fell as it did; recorded, and told in words."""

    REQUIRED = "required"
    NOT_REQUIRED = "not_required"
    REMEMBERED = "remembered"
    TRUSTED_NETWORK = "trusted_network"
    NO_METHOD = "no_method"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BLOCKED = "blocked"
    LOCKED = "locked"
    ALL_OFF = "all_off"
    PUT_OFF = "put_off"
    BYPASSED = "bypassed"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The policy in force for one person, each field decided.

    Shape: `voice_countries` as ISO 3166 names them, none: every open one; `staff_strength` 1 for any method, 3 for
    those that cannot be phished; `second_person` names the support desk's deeds that a second one must agree to.
    Units: `grace_days` for which a registration may be put off; `staff_quota` in deeds of one of the staff in a day.
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


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is required now, why, and the options with which it can be met."""

    step: Step
    reason: Why
    rules: Rules
    options: tuple[Option, ...] = ()
    default: Option | None = None
    n_put_off_left: int = 0

    @property
    def has_lasting_way(self) -> bool:
        """Tell whether there is an option beside those for bad days and those that support handed out for a while."""
        return any(not (option.is_reserve or option.is_temporary or option.is_off) for option in self.options)


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


@dataclass(frozen=True)
class _Book:
    """All policies from the strongest to the weakest, and what was merged of them since they were read."""

    policies: tuple[Policy, ...]
    groups: frozenset[int]
    merged: dict[frozenset[int | None], Rules]

    def of(self, groups: frozenset[int | None]) -> list[Policy]:
        """Give the policies of some groups and the one for everybody, in their order."""
        return [policy for policy in self.policies if policy.group_id in groups]

    def rules(self, groups: frozenset[int | None]) -> Rules:
        """Merge them, once."""
        if groups not in self.merged:
            self.merged[groups] = merge(self.of(groups))
        return self.merged[groups]


def _load() -> _Book:
    found = ranked(Policy.objects.select_related("group"))
    groups = frozenset(policy.group_id for policy in found if policy.group_id is not None)
    return _Book(tuple(found), groups, {})


_cache = TTLCache(_load)
forget = _cache.forget


def _groups(user_id: int, book: _Book) -> frozenset[int | None]:
    """Name a person's groups that have a policy, and none for everybody. Without such policies nothing is asked."""
    if not book.groups:
        return _with_everybody(())
    members = _members().filter(user=user_id, group__in=book.groups)
    return _with_everybody(members.values_list("group", flat=True))


def rules_for(user_id: int) -> Rules:
    """Read the policy in force for a person: their groups by rank, then the rules for everybody.

    Who is in which group is read now; what the policies say was read at most a second ago.
    """
    book = _cache.read()
    return book.rules(_groups(user_id, book))


def _members() -> Any:
    return get_user_model().groups.through.objects


def rules_of_many(users: Collection[int]) -> dict[int, Rules]:
    """Read the policy in force for many people, by one statement; those of the same groups share it."""
    book = _cache.read()
    groups: dict[int, set[int]] = {user: set() for user in users}
    members = _members().filter(user__in=list(groups), group__in=book.groups)
    for user, group in members.values_list("user", "group"):
        groups[user].add(group)
    return {user: book.rules(_with_everybody(mine)) for user, mine in groups.items()}


def _with_everybody(groups: Iterable[int]) -> frozenset[int | None]:
    return frozenset({None, *groups})


def ranked(found: Iterable[Policy]) -> list[Policy]:
    """Order policies from the strongest to the weakest: those of groups by rank, then the one for everybody."""
    return sorted(found, key=lambda policy: (policy.group_id is None, policy.rank, policy.pk or 0))


@dataclass(frozen=True)
class Source:
    """Where one rule of a person comes from. Shape: `whose` names a policy, empty for the product's own default."""

    field: str
    value: Any
    whose: str

    @property
    def label(self) -> str:
        return self.field.replace("_", " ").capitalize()

    @property
    def words(self) -> str:
        """Say the value as a person reads it."""
        if isinstance(self.value, bool):
            return _("yes") if self.value else _("no")
        if isinstance(self.value, AppPasswordsEnd):
            return str(self.value.label)
        if isinstance(self.value, timedelta):
            minutes = int(self.value.total_seconds() // 60)
            return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
        if isinstance(self.value, tuple):
            return ", ".join(str(each) for each in self.value) or _("none")
        return str(self.value)


def sources(user_id: int) -> list[Source]:
    """Tell, rule by rule, which policy decides it for a person and what it says."""
    book = _cache.read()
    mine = _groups(user_id, book)
    found, rules = book.of(mine), book.rules(mine)
    return [
        Source(name, getattr(rules, name), next((str(p) for p in found if getattr(p, name) is not None), ""))
        for name in Rules.__dataclass_fields__
    ]


def default(field: str) -> Any:
    """Give what counts for one field where no policy fills it."""
    return _DEFAULTS[field]


def app_passwords_of(user: OuterRef) -> Coalesce:
    """Decide, within a statement that reads something of a person, whether they may use app passwords.

    It decides as `rules_for` does; what asks at every login of every mail program is spared a statement of its own.
    """
    decides = strongest(user, "app_passwords").values("app_passwords")[:1]
    return Coalesce(Subquery(decides), Value(_DEFAULTS["app_passwords"]), output_field=BooleanField())


def is_alone_open() -> bool:
    """Tell whether anybody may sign in by a proof that stands alone, so that the first page offers it."""
    return any(policy.alone_allowed for policy in _cache.read().policies)


def is_trusted(network: str, rules: Rules) -> bool:
    """Tell whether an address lies in a network where nothing is asked. An unreadable address never does."""
    try:
        address = ipaddress.ip_address(network)
        return any(address in ipaddress.ip_network(trusted, strict=False) for trusted in rules.trusted_networks)
    except ValueError:
        return False


def refusal(user: Person, now: datetime) -> Why | None:
    """Tell why a person gets in nowhere now, whatever they prove; none if they may."""
    if not user.is_active or (user.blocked_until and user.blocked_until > now):
        return Why.BLOCKED
    return Why.LOCKED if user.second_step_locked_at else None


def decide(user: Person, context: Context, *, is_remembered: bool = False) -> Decision:
    """Decide what this person must do now to be signed in.

    Staff are asked always, and so is whoever secures their account: neither a remembered browser nor a trusted
    network stands in for their second step.
    """
    rules = for_staff(rules_for(user.pk)) if user.is_staff else rules_for(user.pk)
    if why := refusal(user, context.now):
        return Decision(step=Step.DENY, reason=why, rules=rules)
    if user.second_step == "disabled" and not user.is_staff:
        return Decision(step=Step.ALLOW, reason=Why.NOT_REQUIRED, rules=rules)
    if user.bypass_until and user.bypass_until > context.now and not user.is_staff and not user.securing_since:
        return Decision(step=Step.ALLOW, reason=Why.BYPASSED, rules=rules)
    mine = enrolments.confirmed(user.pk)
    options = enrolments.choices(enrolments.options(mine, rules.methods, now=context.now))
    if not options:
        return _none_allowed(user, mine, rules, now=context.now)
    may_skip = not user.is_staff and not user.securing_since
    if is_remembered and rules.remember_days and may_skip:
        return Decision(step=Step.ALLOW, reason=Why.REMEMBERED, rules=rules, options=options)
    if may_skip and is_trusted(context.network, rules):
        return Decision(step=Step.ALLOW, reason=Why.TRUSTED_NETWORK, rules=rules, options=options)
    default = enrolments.default(options, now=context.now)
    if default is None:
        return Decision(step=Step.DENY, reason=Why.ALL_OFF, rules=rules, options=options)
    return Decision(step=Step.ASK, reason=Why.REQUIRED, rules=rules, options=options, default=default)


def for_staff(rules: Rules) -> Rules:
    """Leave staff the methods that are strong enough for them."""
    strong = tuple(name for name in rules.methods if registry.method(name).strength >= rules.staff_strength)
    return replace(rules, methods=strong)


_PUT_OFFS = 3


def _put_off_left(user: Person, rules: Rules, now: datetime) -> int:
    """Tell how often somebody who is asked to register may still put it off. Staff, and whoever must, may not."""
    is_over = user.grace_ends_at is not None and user.grace_ends_at <= now
    if user.second_step != "enabled" or user.is_staff or is_over or not rules.grace_days:
        return 0
    return max(0, _PUT_OFFS - user.n_put_off)


def _none_allowed(user: Person, mine: Sequence[Enrolment], rules: Rules, *, now: datetime) -> Decision:
    """Decide for somebody who has nothing that the policy allows: register, after a last proof of what they had.

    Without that proof a policy that forbids a method would let whoever knows the password set up one of their own.
    """
    former = enrolments.choices(enrolments.options(mine, tuple(registry.methods()), now=now))
    if not former:
        left = _put_off_left(user, rules, now)
        return Decision(step=Step.ENROL, reason=Why.NO_METHOD, rules=rules, n_put_off_left=left)
    default = enrolments.default(former, now=now)
    if default is None:
        return Decision(step=Step.DENY, reason=Why.ALL_OFF, rules=rules, options=former)
    return Decision(step=Step.ASK, reason=Why.METHOD_NOT_ALLOWED, rules=rules, options=former, default=default)
