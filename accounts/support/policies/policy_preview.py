"""Previews a change of a policy: rule by rule for how many people, and who would notice at their next sign-in."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from accounts.models import SecondStep, User
from verification import enrolments, method_registry, policies
from verification.method_capabilities import Backup, HandedOut, Temporary
from verification.models import Policy
from verification.policies import RULES, Rules, RuleSource

MAX_PEOPLE_NAMED = 50  # users of each kind
_CHUNK_SIZE = 2_000  # users read at once


@dataclass(frozen=True)
class Difference:
    """A rule that a policy would change. `n_people` is how many people would have another rule."""

    label: str
    now: str
    then: str
    n_people: int


@dataclass
class Affected:
    """The people one consequence concerns: how many now, how many then, and the names of the first new ones."""

    n_now: int = 0
    n_then: int = 0
    n_new: int = 0
    names: list[str] = field(default_factory=list)

    def count(self, person: "PreviewedPerson", *, now: bool, then: bool) -> None:
        """Count one person. Only people whom the reader may see are named."""
        self.n_now += now
        self.n_then += then
        if then and not now:
            self.n_new += 1
            if person.is_seen and len(self.names) < MAX_PEOPLE_NAMED:
                self.names.append(person.username)

    @property
    def n_more(self) -> int:
        """The number of new ones who aren't named."""
        return self.n_new - len(self.names)


@dataclass
class PolicyImpact:
    """What a change means for everyone."""

    n_people: int = 0
    differences: list[Difference] = field(default_factory=list)
    registering: Affected = field(default_factory=Affected)
    locked_out: Affected = field(default_factory=Affected)
    losing_method: Affected = field(default_factory=Affected)
    n_staff_locked_out: int = 0


class SignInResult(StrEnum):
    """What a sign-in with the right password leads to."""

    SIGNS_IN = "signs in"
    REGISTERS = "registers"
    LOCKED_OUT = "locked out"


def impact(changed: Policy, *, now: datetime, reach: frozenset[int] | None = None) -> PolicyImpact:
    """Compare the policies with what they would be with one as changed.

    `reach` are the groups whose people may be named; None means everyone. Memory stays constant; queries grow per
    thousands of users.
    """
    before = list(Policy.objects.all())
    after = [policy for policy in before if policy.pk != changed.pk] + [changed]
    found, affected = PolicyImpact(), Counter[str]()
    for person, (was, then) in _people((before, after), now=now, reach=reach):
        found.n_people += 1
        affected.update(rule.name for rule in RULES if getattr(was, rule.name) != getattr(then, rule.name))
        outcomes = _outcome(person, was), _outcome(person, then)
        found.registering.count(person, **_pair(outcomes, SignInResult.REGISTERS))
        found.locked_out.count(person, **_pair(outcomes, SignInResult.LOCKED_OUT))
        found.losing_method.count(person, now=False, then=person.loses_method(was, then))
        found.n_staff_locked_out += person.is_staff and outcomes[1] is SignInResult.LOCKED_OUT is not outcomes[0]
    found.differences = _differences(changed, affected)
    return found


def outcomes(rules: Sequence[Policy], *, now: datetime) -> Iterator[tuple[str, SignInResult]]:
    """Yield what policies mean for each user, by username."""
    for person, (mine,) in _people((rules,), now=now):
        yield person.username, _outcome(person, mine)


def _pair(found: tuple[SignInResult, SignInResult], wanted: SignInResult) -> dict[str, bool]:
    return {"now": found[0] is wanted, "then": found[1] is wanted}


def _differences(changed: Policy, affected: Counter[str]) -> list[Difference]:
    """Return the rules that a changed policy would set differently, in the order of the form."""
    former, above = Policy.objects.filter(pk=changed.pk).first() or Policy(), policies.inherited(changed)
    pairs = [(rule, getattr(former, rule.name), getattr(changed, rule.name)) for rule in RULES]
    return [
        Difference(str(rule.label), _words(above[rule.name], now), _words(above[rule.name], then), affected[rule.name])
        for rule, now, then in pairs
        if now != then
    ]


def _words(above: RuleSource, value: object) -> str:
    """Write what a policy says of a rule; if it says nothing, what it inherits."""
    if value is None:
        return _("Inherit (%(value)s)") % {"value": above.words}
    return above.rule.words(above.rule.read(value))


@dataclass(frozen=True, kw_only=True)
class PreviewedPerson:
    """A user, as far as policies concern them."""

    username: str
    is_seen: bool
    is_staff: bool
    second_step: str
    methods: frozenset[str]
    waiting: frozenset[str]

    def has_method(self, rules: Rules) -> bool:
        """Return whether a method that they set up is still allowed."""
        return any(_is_allowed(name, rules) for name in self.methods)

    def loses_method(self, was: Rules, then: Rules) -> bool:
        """Return whether a method that they set up is no longer allowed."""
        return any(_is_allowed(name, was) and not _is_allowed(name, then) for name in self.methods)


def _is_allowed(name: str, rules: Rules) -> bool:
    return name in rules.methods or method_registry.has(name, Temporary)


def _outcome(person: PreviewedPerson, rules: Rules) -> SignInResult:
    if not (person.is_staff or person.second_step != SecondStep.DISABLED) or person.has_method(rules):
        return SignInResult.SIGNS_IN
    return SignInResult.REGISTERS if _can_register(rules, person) else SignInResult.LOCKED_OUT


def _can_register(rules: Rules, person: PreviewedPerson) -> bool:
    """Return whether there is a method left that they could set up."""
    known = [method_registry.method(name) for name in rules.methods]
    return any(not isinstance(m, Backup) and (not isinstance(m, HandedOut) or m.name in person.waiting) for m in known)


_Merged = dict[tuple[frozenset[int], bool], tuple[Rules, ...]]


def _people(
    books: Sequence[Sequence[Policy]], *, now: datetime, reach: frozenset[int] | None = None
) -> Iterator[tuple[PreviewedPerson, tuple[Rules, ...]]]:
    """Yield every user who isn't switched off, with the rules that each of some sets of policies gives them.

    People who are blocked now are included: they notice the change as soon as they can sign in again.
    """
    by_group = [{policy.group_id: policy for policy in book} for book in books]
    with_policy = {group for each in by_group for group in each}
    merged: _Merged = {}
    people = User.objects.filter(is_active=True).order_by("pk").values("pk", "username", "is_staff", "second_step")
    after = 0
    while rows := list(people.filter(pk__gt=after)[:_CHUNK_SIZE]):
        after = rows[-1]["pk"]
        keys = [row["pk"] for row in rows]
        groups, methods, waiting = _groups(keys), *_methods(keys, now)
        for row in rows:
            mine = frozenset(group for group in groups[row["pk"]] if group in with_policy)
            key = (mine, row["is_staff"])
            if key not in merged:
                merged[key] = tuple(_rules(mine, each, is_staff=row["is_staff"]) for each in by_group)
            person = PreviewedPerson(
                username=row["username"],
                is_seen=reach is None or not reach.isdisjoint(groups[row["pk"]]),
                is_staff=row["is_staff"],
                second_step=row["second_step"],
                methods=frozenset(methods[row["pk"]]),
                waiting=frozenset(waiting[row["pk"]]),
            )
            yield person, merged[key]


def _rules(groups: frozenset[int], by_group: dict[int | None, Policy], *, is_staff: bool) -> Rules:
    mine = [by_group[group] for group in (*groups, None) if group in by_group]
    merged = policies.merge(policies.ranked(mine))
    return policies.for_staff(merged) if is_staff else merged


def _groups(keys: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for user, group in User.groups.through.objects.filter(user__in=keys).values_list("user", "group"):
        found[user].append(group)
    return found


def _methods(keys: list[int], now: datetime) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return the confirmed methods of users, and those that wait for activation."""
    proven: dict[int, list[str]] = defaultdict(list)
    waiting: dict[int, list[str]] = defaultdict(list)
    for enrolment in enrolments.all_of_many(keys):
        if method_registry.is_installed(enrolment.method) and enrolment.is_good(now):
            (proven if enrolment.confirmed else waiting)[enrolment.user_id].append(enrolment.method)
    return proven, waiting
