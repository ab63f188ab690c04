"""How strong and how new a verification must be, for the application, the person's groups and the request together."""

from dataclasses import dataclass, replace
from datetime import timedelta

from accounts.access import acr_and_amr_values
from accounts.access.access_decision import (
    AskedBy,
    Requirement,
)
from accounts.access.age_of_verifications import Demand
from accounts.models import Application
from verification import strengths
from verification.strengths import AuthenticationStrength


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
        acr=acr_and_amr_values.acr_of(strength),
    )
