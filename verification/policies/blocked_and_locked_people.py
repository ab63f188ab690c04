"""Who can't sign in anywhere now: people who are inactive, blocked, or whose second step is locked."""

from datetime import datetime

from django.db.models import Q

from verification.models.user_protocol import Person
from verification.policies.decision_reasons import DecisionReason


def refusal(user: Person, now: datetime) -> DecisionReason | None:
    """Return why a person can't sign in anywhere now, however they verify, or None if they can."""
    if not user.is_active or (user.blocked_until and user.blocked_until > now):
        return DecisionReason.BLOCKED
    return DecisionReason.LOCKED if user.second_step_locked_at else None


def can_sign_in(now: datetime) -> Q:
    """Return the condition for the people who can sign in somewhere now: those whom `refusal` doesn't stop."""
    free = Q(blocked_until=None) | Q(blocked_until__lte=now)
    return free & Q(is_active=True, second_step_locked_at=None)
