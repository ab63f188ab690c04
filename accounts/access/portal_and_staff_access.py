"""Access decisions for the portal and the staff pages, made in the same way as for applications."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from accounts.access.access_decision import AccessDecision, Requirement, decide
from accounts.sessions import session_assurance
from verification import policies, strengths
from verification.policies import DecisionReason

_PORTAL = Requirement(strength=strengths.PASSWORD)
_STAFF = Requirement(strength=strengths.SECOND_STEP, remembered_counts=False)


def portal(request: HttpRequest) -> AccessDecision:
    """Decide whether a request's session still opens the portal: it began with our own sign-in, and policy allows it.

    A statement only if the second step was skipped, because what policy says of that can change.
    """
    authentication = session_assurance.authentication(request)
    if authentication is not None and not session_assurance.is_settled(authentication):
        authentication = (
            authentication
            if session_assurance.holds(authentication, policies.rules_for(authentication.user_id))
            else None
        )
    return decide(authentication, (), _PORTAL, is_allowed=True, refusal="", now=timezone.now())


def staff(request: HttpRequest) -> AccessDecision:
    """Decide whether a request's session opens the staff pages: to staff, after a second step that nothing replaced."""
    here, authentication = session_assurance.of(request), session_assurance.authentication(request)
    is_allowed = here.user is not None and here.is_proven and here.user.is_active and here.user.is_staff
    return decide(authentication, (), _STAFF, is_allowed=is_allowed, refusal="", now=timezone.now())


def again(request: HttpRequest, *, within: timedelta) -> AccessDecision:
    """Decide whether a person verified recently enough for a sensitive change.

    It takes the second step, or the password if no second step is required of them.
    """
    here, authentication = session_assurance.of(request), session_assurance.authentication(request)
    needs_none = authentication is not None and authentication.why == DecisionReason.NOT_REQUIRED
    strength = strengths.PASSWORD if needs_none else strengths.SECOND_STEP
    requirement = Requirement(strength=strength, max_age=within - timedelta.resolution, remembered_counts=False)
    return decide(
        authentication, (), requirement, is_allowed=here.is_proven or needs_none, refusal="", now=timezone.now()
    )
