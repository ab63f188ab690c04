"""How often people may put off their first setup at sign-in. For how many days is a rule, `grace_days`."""

from datetime import datetime

from verification.models.second_step_states import SecondStep
from verification.models.user_protocol import Person

MAX_SETUP_DEFERRALS = 3  # each until the next sign-in


def n_left(user: Person, now: datetime, *, grace_days: int) -> int:
    """Count how often someone may still put off the registration. Staff, and anyone who must register, may not."""
    is_over = user.grace_ends_at is not None and user.grace_ends_at <= now
    if user.second_step != SecondStep.ENABLED or user.is_staff or is_over or not grace_days:
        return 0
    return max(0, MAX_SETUP_DEFERRALS - user.n_deferrals)
