"""What an access requires: of the application, of the person's groups and of the request together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib.auth.models import Group

from accounts.access.access_decision import (
    AskedBy,
    Requirement,
)
from accounts.access.acr_values import ACR_PASSWORD, ACR_PHISHING_RESISTANT, ACR_SECOND_STEP
from accounts.access.max_age_and_clock_skew import Demand
from accounts.models import Application
from verification import strengths
from verification.db.compiled_queries import BindParam, Select
from verification.db.ttl_cache import TTLCache
from verification.strengths import AuthenticationStrength

Groups = Mapping[int, str]  # a person's groups: their keys and names


@dataclass(frozen=True, kw_only=True)
class RequestedVerification:
    """What a request asks for. It can only raise what the application requires.

    Shape: `strengths` are slugs in the order of preference, one of which is wanted; with `is_essential`, one of them
    must be reached; `demand` is there if only a new verification counts; `asked_by` says who asks.
    """

    strengths: tuple[str, ...] = ()
    is_essential: bool = False
    max_age: timedelta | None = None
    demand: Demand | None = None
    asked_by: AskedBy = AskedBy.CLIENT


_GROUPS = Select(lambda: Group.objects.filter(user=BindParam("user_id")))


def groups_of(user_id: int) -> Groups:
    """Read a person's groups. One statement."""
    return {each.pk: each.name for each in _GROUPS.all(user_id=user_id)}


def _load_allowed() -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for application, group in Application.groups.through.objects.values_list("application_id", "group_id"):
        found.setdefault(application, set()).add(group)
    return {application: frozenset(groups) for application, groups in found.items()}


_allowed = TTLCache(_load_allowed)
forget = _allowed.forget


def may_use(application: Application, groups: Collection[int]) -> bool:
    """Return whether people of some groups may use an application. Which groups may is read from a cache."""
    allowed = _allowed.read().get(application.pk, frozenset())
    return application.is_active and (not allowed or not allowed.isdisjoint(groups))


def acr_of(strength: AuthenticationStrength) -> str:
    """Return the acr value that a strength stands for."""
    if not strength.is_second_step:
        return ACR_PASSWORD
    return ACR_PHISHING_RESISTANT if strength.is_phishing_resistant else ACR_SECOND_STEP


def floor(application: Application, group_strength: str = strengths.PASSWORD.slug) -> Requirement:
    """Return what an application and a person's groups require together, whatever a request asks for.

    Where the password is enough for the application, it is: a group only says which second steps are strong enough.
    """
    own = strengths.named(application.strength)
    needed = strengths.both(own, strengths.named(group_strength)) if own.is_second_step else own
    return Requirement(
        strength=needed,
        asked_by=AskedBy.APPLICATION if needed.slug == own.slug else AskedBy.POLICY,
        max_age=application.max_age,
        remembered_counts=application.remembered_counts,
    )


def raised(requirement: Requirement, wanted: RequestedVerification) -> list[Requirement]:
    """Return what is required if a request asks for more, one requirement for each strength that it would take."""
    ages = [age for age in (requirement.max_age, wanted.max_age) if age is not None]
    timed = replace(requirement, max_age=min(ages, default=None), demand=wanted.demand)
    if not wanted.strengths:
        return [timed]
    return [_with_strength(timed, strengths.named(slug), wanted.asked_by) for slug in wanted.strengths]


def _with_strength(requirement: Requirement, strength: AuthenticationStrength, asked_by: AskedBy) -> Requirement:
    """Raise a requirement to a strength. A remembered browser never stands in for one that a request asks for."""
    needed = strengths.both(requirement.strength, strength)
    return replace(
        requirement,
        strength=needed,
        asked_by=requirement.asked_by if needed.slug == requirement.strength.slug else asked_by,
        remembered_counts=requirement.remembered_counts and not strength.is_second_step,
        acr=acr_of(strength),
    )
