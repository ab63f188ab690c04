"""Previews the effect of policies on users: who would have to register, and who could not sign in."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import SecondStep, User
from verification import enrolments, policies, registry
from verification.capabilities import Backup, HandedOut, Temporary
from verification.models import Policy
from verification.policies import Rule, Rules

_MAX_NAMED = 50  # users of each kind
_CHUNK_SIZE = 2_000  # users read at once


@dataclass(frozen=True)
class Effect:
    """The effect of policies on everyone's next sign-in. `registering` and `locked_out` name the first users."""

    n_people: int
    n_registering: int
    n_locked_out: int
    registering: tuple[str, ...]
    locked_out: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A rule that a policy would change."""

    label: str
    now: str
    then: str


def differences(changed: Policy) -> list[Difference]:
    """Return the rules that a changed policy would set differently, in the order of the form."""
    former = Policy.objects.filter(pk=changed.pk).first() or Policy()
    pairs = [(rule, getattr(former, rule.name), getattr(changed, rule.name)) for rule in policies.RULES]
    return [
        Difference(str(rule.label), _words(rule, now), _words(rule, then)) for rule, now, then in pairs if now != then
    ]


def _words(rule: Rule, value: object) -> str:
    return _("left to the next policy") if value is None else policies.words(rule.read(value))


def preview(rules: Sequence[Policy], *, now: datetime) -> Effect:
    """Evaluate policies for every user. Memory stays constant; queries grow per thousands of users."""
    registering: list[str] = []
    locked_out: list[str] = []
    n_people = n_registering = n_locked_out = 0
    for person, mine in _people(rules, now=now):
        n_people += 1
        if not _is_asked(person) or person.has_method(mine):
            continue
        if _can_register(mine, person):
            n_registering += 1
            registering += [person.username] if n_registering <= _MAX_NAMED else []
        else:
            n_locked_out += 1
            locked_out += [person.username] if n_locked_out <= _MAX_NAMED else []
    return Effect(n_people, n_registering, n_locked_out, tuple(registering), tuple(locked_out))


@dataclass(frozen=True, kw_only=True)
class _Person:
    username: str
    is_staff: bool
    second_step: str
    methods: frozenset[str]
    waiting: frozenset[str]

    def has_method(self, rules: Rules) -> bool:
        """Return whether a method that they set up is still allowed."""
        return any(name in rules.methods or registry.has(name, Temporary) for name in self.methods)


def _is_asked(person: _Person) -> bool:
    return person.is_staff or person.second_step != SecondStep.DISABLED


def _can_register(rules: Rules, person: _Person) -> bool:
    """Return whether there is a method left that they could set up."""
    known = [registry.method(name) for name in rules.methods]
    return any(not isinstance(m, Backup) and (not isinstance(m, HandedOut) or m.name in person.waiting) for m in known)


def _people(rules: Sequence[Policy], *, now: datetime) -> Iterator[tuple[_Person, Rules]]:
    """Yield every user who may sign in, with the rules that these policies give them."""
    by_group = {policy.group_id: policy for policy in rules}
    kept: dict[tuple[frozenset[int], bool], Rules] = {}
    people = User.objects.filter(is_active=True).order_by("pk").values("pk", "username", "is_staff", "second_step")
    after = 0
    while rows := list(people.filter(pk__gt=after)[:_CHUNK_SIZE]):
        after = rows[-1]["pk"]
        keys = [row["pk"] for row in rows]
        groups, methods, waiting = _groups(keys), *_methods(keys, now)
        for row in rows:
            mine = frozenset(group for group in groups[row["pk"]] if group in by_group)
            key = (mine, row["is_staff"])
            if key not in kept:
                kept[key] = _rules(mine, by_group, is_staff=row["is_staff"])
            person = _Person(
                username=row["username"],
                is_staff=row["is_staff"],
                second_step=row["second_step"],
                methods=frozenset(methods[row["pk"]]),
                waiting=frozenset(waiting[row["pk"]]),
            )
            yield person, kept[key]


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
        if registry.is_installed(enrolment.method) and enrolment.is_good(now):
            (proven if enrolment.confirmed else waiting)[enrolment.user_id].append(enrolment.method)
    return proven, waiting
