"""The one decision about access: a session's authentication against what is required.

Pure: no query, no request, no clock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from accounts.access import acr_and_amr_values, age_of_verifications, max_step_up_rounds
from accounts.access.age_of_verifications import Demand
from accounts.applications import AccessReason
from accounts.sessions.session_assurance import PASSWORD, AuthenticationContext, Verification
from verification import method_registry
from verification.policies import DecisionReason
from verification.strengths import AuthenticationStrength


class AccessStep(StrEnum):
    """What happens next."""

    CONTINUE = "continue"
    ASK = "ask"
    ENROL = "enrol"
    REFUSE = "refuse"


class AskedBy(StrEnum):
    """Who asked for the strength of a requirement; recorded."""

    APPLICATION = "application"
    POLICY = "policy"  # of one of the person's groups
    ADDRESS = "address"  # the rule of a protected address
    CLIENT = "client"  # the request, by acr_values or claims


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """What the application, the person's groups and the request require together.

    Shape: `demand` is there if only a new verification counts; `acr` is the value that the request named, which is
    reported instead of a higher one; `offered` are the methods that the person may set up now, None for all in the
    strength.
    """

    strength: AuthenticationStrength
    max_age: timedelta | None = None
    remembered_counts: bool = True
    demand: Demand | None = None
    acr: str = ""
    offered: tuple[str, ...] | None = None
    asked_by: str = AskedBy.APPLICATION


@dataclass(frozen=True, kw_only=True)
class AccessDecision:
    """What happens next, and what an application is told.

    Shape: `methods` are those that would be enough, to verify with or to set up; `first` are the methods of which one
    must be verified before one of `methods` is set up. `acr`, `amr` and `auth_time` are set if access is granted, and
    `strength` and `asked_by` say what was required then.
    """

    step: AccessStep
    reason: AccessReason
    methods: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    acr: str = ""
    amr: tuple[str, ...] = ()
    auth_time: datetime | None = None
    strength: str = ""
    asked_by: str = ""

    @property
    def is_granted(self) -> bool:
        return self.step is AccessStep.CONTINUE


def decide(
    authentication: AuthenticationContext | None,
    owned: Collection[str] | None,
    requirement: Requirement,
    *,
    is_allowed: bool,
    refusal: str,
    now: datetime,
    rounds: int = 0,
) -> AccessDecision:
    """Decide about one access. `owned` are the methods that the person can verify with now, None if nobody is known."""
    if refusal:
        return AccessDecision(
            step=AccessStep.REFUSE,
            reason=AccessReason.LOCKED if refusal == DecisionReason.LOCKED else AccessReason.BLOCKED,
        )
    if not is_allowed:
        return AccessDecision(step=AccessStep.REFUSE, reason=AccessReason.NOT_ALLOWED)
    if authentication is not None and (granted := _granted(authentication, requirement, now)) is not None:
        return granted
    if rounds >= max_step_up_rounds.MAX_ROUNDS:
        return AccessDecision(step=AccessStep.REFUSE, reason=AccessReason.TOO_MANY_ROUNDS)
    if authentication is None and owned is None:
        return AccessDecision(
            step=AccessStep.ASK, reason=AccessReason.SIGNED_OUT, methods=requirement.strength.methods()
        )
    return _missing(authentication, owned or (), requirement, now)


def _granted(authentication: AuthenticationContext, requirement: Requirement, now: datetime) -> AccessDecision | None:
    strength = requirement.strength
    fresh = tuple(each for each in authentication.verified if _is_fresh(each, requirement, now))
    if fresh and strength.accepts({each.method for each in fresh}):
        return _answer(AccessReason.MET, fresh, requirement)
    if _is_skipped(authentication) and _may_be_skipped(requirement):
        return _answer(AccessReason.SKIPPED, authentication.verified, requirement)
    return None


def _is_fresh(verification: Verification, requirement: Requirement, now: datetime) -> bool:
    return age_of_verifications.is_fresh(
        verification.at, now=now, max_age=requirement.max_age, demand=requirement.demand
    )


def _is_skipped(authentication: AuthenticationContext) -> bool:
    return not authentication.has_second_step and authentication.why in {
        DecisionReason.REMEMBERED,
        DecisionReason.TRUSTED_NETWORK,
    }


def _may_be_skipped(requirement: Requirement) -> bool:
    """Return whether a remembered browser or a trusted network is enough: for any second step, of whatever age."""
    is_timed = requirement.max_age is not None or requirement.demand is not None
    return requirement.remembered_counts and requirement.strength.is_any_second_step and not is_timed


def _answer(reason: AccessReason, counted: Collection[Verification], requirement: Requirement) -> AccessDecision:
    reached = acr_and_amr_values.reached(counted)
    acr = requirement.acr if requirement.acr in reached else next(iter(reached))
    return AccessDecision(
        step=AccessStep.CONTINUE,
        reason=reason,
        acr=acr,
        amr=acr_and_amr_values.amr_values(counted),
        auth_time=reached[acr],
        strength=requirement.strength.slug,
        asked_by=requirement.asked_by,
    )


def _missing(
    authentication: AuthenticationContext | None, owned: Collection[str], requirement: Requirement, now: datetime
) -> AccessDecision:
    """Say what would be enough: a method that they have, or else one to set up."""
    strength = requirement.strength
    fitting = _ordered(owned) if not strength.is_second_step else _ordered(set(owned) & set(strength.methods()))
    if not strength.is_second_step and not fitting:
        fitting = (PASSWORD,)
    if fitting:
        return AccessDecision(step=AccessStep.ASK, reason=_why(authentication, requirement), methods=fitting)
    offered = strength.methods() if requirement.offered is None else requirement.offered
    possible = _ordered(set(offered) & set(strength.methods()))
    if not possible:
        return AccessDecision(step=AccessStep.REFUSE, reason=AccessReason.NO_METHOD_POSSIBLE)
    return AccessDecision(
        step=AccessStep.ENROL, reason=AccessReason.NO_METHOD, methods=possible, first=_first(authentication, owned, now)
    )


def _ordered(methods: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in method_registry.methods() if name in methods)


def _why(authentication: AuthenticationContext | None, requirement: Requirement) -> AccessReason:
    if authentication is None:
        return AccessReason.SIGNED_OUT
    if requirement.strength.accepts({each.method for each in authentication.verified}):
        return AccessReason.TOO_OLD
    if _is_skipped(authentication) and requirement.strength.is_any_second_step:
        return AccessReason.REMEMBERED
    return AccessReason.TOO_WEAK


def _first(authentication: AuthenticationContext | None, owned: Collection[str], now: datetime) -> tuple[str, ...]:
    """Return the strongest methods that someone has, or nothing if one of them was verified a moment ago.

    Without it, a stolen password and a weak method would be enough to set up a strong one of one's own.
    """
    strongest = _strongest(owned) or (PASSWORD,)
    verified = authentication.verified if authentication is not None else ()
    recent = {each.method for each in verified if age_of_verifications.allows_setup(each.at, now=now)}
    return () if recent & set(strongest) else strongest


def _strongest(owned: Collection[str]) -> tuple[str, ...]:
    known = [method_registry.method(name) for name in _ordered(owned)]
    best = max((method.rank for method in known), default=0)
    return tuple(method.name for method in known if method.rank == best)
