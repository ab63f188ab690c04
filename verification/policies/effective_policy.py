"""The policy in force for a person: policies are read from a cache and merged over the person's groups."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef
from django.db.models.functions import Coalesce

from verification.db.ttl_cache import TTLCache
from verification.models import Policy
from verification.policies.merging_of_group_policies import in_statement, merge
from verification.policies.rule_declaration import PolicyRule
from verification.policies.rules import RULES, Rules
from verification.policy_precedence import ranked


@dataclass(frozen=True)
class _Book:
    """All policies from the strongest to the weakest, and what was merged of them since they were read."""

    policies: tuple[Policy, ...]
    groups: frozenset[int]
    merged: dict[frozenset[int | None], Rules]

    def of(self, groups: frozenset[int | None]) -> list[Policy]:
        """Return the policies of some groups and the one for everyone, in their order."""
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
    """Name a person's groups that have a policy, and none for everyone. Without such policies nothing is asked."""
    if not book.groups:
        return _with_everybody(())
    members = _members().filter(user=user_id, group__in=book.groups)
    return _with_everybody(members.values_list("group", flat=True))


def rules_for(user_id: int) -> Rules:
    """Read the policy in force for a person: their groups by rank, then the rules for everyone.

    Who is in which group is read now; what the policies say was read at most `cache_seconds` ago.
    """
    book = _cache.read()
    return book.rules(_groups(user_id, book))


def rules_of_groups(groups: Collection[int]) -> Rules:
    """Return the policy in force for people of some groups, whose membership the caller has read."""
    book = _cache.read()
    return book.rules(_with_everybody(book.groups.intersection(groups)))


def _members() -> Any:  # noqa: ANN401  (the table that joins people and groups has no class of its own)
    return get_user_model().groups.through.objects


def rules_of_many(users: Collection[int]) -> dict[int, Rules]:
    """Read the policy in force for many people, by one statement; those of the same groups share it."""
    book = _cache.read()
    groups: dict[int, set[int]] = {user: set() for user in users}
    members = _members().filter(user__in=list(groups), group__in=book.groups)
    for user, group in members.values_list("user", "group"):
        groups[user].add(group)
    return {user: book.rules(_with_everybody(mine)) for user, mine in groups.items()}


def approvals_of_many(users: Collection[int]) -> dict[int, frozenset[str]]:
    """Return which actions need approval for many people; nothing if no group's policy decides that."""
    if not any(policy.group_id and policy.second_person is not None for policy in _cache.read().policies):
        return {}
    return {user: frozenset(rules.second_person) for user, rules in rules_of_many(users).items()}


def _with_everybody(groups: Iterable[int]) -> frozenset[int | None]:
    return frozenset({None, *groups})


@dataclass(frozen=True)
class RuleSource:
    """Where one rule of a person comes from. Shape: `whose` names a policy, empty for the product's own default."""

    rule: PolicyRule
    value: object
    whose: str

    @property
    def label(self) -> str:
        return str(self.rule.label)

    @property
    def words(self) -> str:
        return self.rule.words(self.value)


def sources(user_id: int) -> list[RuleSource]:
    """Return, rule by rule, which policy decides it for a person and what it says."""
    book = _cache.read()
    mine = _groups(user_id, book)
    return _sources(book.rules(mine), book.of(mine))


def inherited(policy: Policy) -> dict[str, RuleSource]:
    """Return what each rule would be for the people of one policy, in no other group, if the policy left it out."""
    found = [] if policy.group_id is None else [each for each in _cache.read().policies if each.group_id is None]
    return {each.rule.name: each for each in _sources(merge(found), found)}


def _sources(rules: Rules, policies: Sequence[Policy]) -> list[RuleSource]:
    """Return the value of each rule, and the first of the policies that sets it."""

    def whose(name: str) -> str:
        return next((str(policy) for policy in policies if getattr(policy, name) is not None), "")

    return [RuleSource(rule, getattr(rules, rule.name), whose(rule.name)) for rule in RULES]


def app_passwords_of(user: OuterRef) -> Coalesce:
    """Decide, within a statement that reads something of a person, whether they may use app passwords.

    It decides as `rules_for` does; what asks at every login of every mail program is spared a statement of its own.
    """
    return in_statement(user, "app_passwords")


def is_passwordless_allowed() -> bool:
    """Return whether anyone may sign in without a password, so that the sign-in page offers it."""
    return any(policy.passwordless_allowed for policy in _cache.read().policies)
