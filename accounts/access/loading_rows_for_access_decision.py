"""Loads the rows that an access decision about one person and one application needs, and has it made."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from accounts.access import groups_allowed, max_step_up_rounds, required_strength
from accounts.access.access_decision import AccessDecision, AccessStep, Requirement, decide
from accounts.access.groups_allowed import Groups
from accounts.access.required_strength import RequestedVerification
from accounts.applications import AccessReason
from accounts.models import Application, User
from accounts.sessions import session_assurance
from accounts.sessions.session_assurance import AuthenticationContext
from verification import enrolments, policies
from verification.policies import Rules

_FINAL = {AccessReason.BLOCKED, AccessReason.LOCKED, AccessReason.NOT_ALLOWED, AccessReason.TOO_MANY_ROUNDS}


def of_request(
    request: HttpRequest, application: Application, *, wanted: RequestedVerification | None = None
) -> AccessDecision:
    """Decide whether a request's person may use an application now."""
    authentication = session_assurance.authentication(request)
    user = request.user if authentication is not None and isinstance(request.user, User) else None
    now = timezone.now()
    rounds = max_step_up_rounds.rounds(request, application.slug, now)
    return of_person(user, application, authentication, now, wanted=wanted, rounds=rounds)


def of_person(
    user: User | None,
    application: Application,
    authentication: AuthenticationContext | None = None,
    now: datetime | None = None,
    *,
    wanted: RequestedVerification | None = None,
    groups: Groups | None = None,
    rounds: int = 0,
) -> AccessDecision:
    """Decide about a person and their session's authentication. Without one, it says what a sign-in would have to meet.

    One statement if access is granted: the groups, unless they are given. Otherwise also what the person has set up.
    """
    now, wanted = now or timezone.now(), wanted or RequestedVerification()
    if user is None:
        [required, *_others] = required_strength.raised(required_strength.floor(application), wanted)
        return decide(None, None, required, is_allowed=True, refusal="", now=now)
    groups = groups_allowed.groups_of(user.pk) if groups is None else groups
    rules = policies.rules_of_groups(groups)
    at_once = of_authentication(user, application, authentication, groups, now, wanted=wanted, rounds=rounds)
    is_over = authentication is not None and not session_assurance.holds(authentication, rules)
    if at_once.step is AccessStep.CONTINUE or at_once.reason in _FINAL or is_over:
        return at_once
    is_allowed, refusal = groups_allowed.may_use(application, groups), policies.refusal(user, now) or ""
    floor = required_strength.floor(application, rules.strength)
    demanded = required_strength.raised(floor, wanted)

    def answer(requirement: Requirement, owned: Collection[str]) -> AccessDecision:
        return decide(
            authentication, owned, requirement, is_allowed=is_allowed, refusal=refusal, now=now, rounds=rounds
        )

    owned, offered = _methods(user, rules, now)
    answers = [answer(replace(each, offered=offered), owned) for each in demanded]
    reachable = next((each for each in answers if each.step in {AccessStep.CONTINUE, AccessStep.ASK}), None)
    if reachable is not None or not wanted.strengths or wanted.is_essential:
        return reachable or answers[0]
    [without] = required_strength.raised(floor, replace(wanted, strengths=()))
    return answer(replace(without, offered=offered), owned)


def of_authentication(
    user: User,
    application: Application,
    authentication: AuthenticationContext | None,
    groups: Groups,
    now: datetime,
    *,
    wanted: RequestedVerification | None = None,
    rounds: int = 0,
) -> AccessDecision:
    """Decide without a query whether access is granted. If not, the answer assumes that they set up every method."""
    rules = policies.rules_of_groups(groups)
    [requirement, *_others] = required_strength.raised(
        required_strength.floor(application, rules.strength), wanted or RequestedVerification()
    )
    counts = authentication is not None and session_assurance.holds(authentication, rules)
    return decide(
        authentication if counts else None,
        requirement.strength.methods(),
        requirement,
        is_allowed=groups_allowed.may_use(application, groups),
        refusal=policies.refusal(user, now) or "",
        now=now,
        rounds=rounds,
    )


def _methods(user: User, rules: Rules, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the methods that someone can verify with now, and those that they may set up."""
    allowed = policies.for_staff(rules).methods if user.is_staff else rules.methods
    mine = enrolments.options(enrolments.confirmed(user.pk), allowed, now=now, voice_countries=rules.voice_countries)
    owned = tuple(each.method for each in mine if not each.is_locked and not each.unavailable_reason)
    offers = enrolments.registration_offers(allowed, user_id=user.pk, now=now, may_claim=rules.stock_tokens)
    return owned, tuple(each.name for each in offers if not each.unavailable_reason)
