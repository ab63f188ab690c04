"""After how many incorrect codes a person gets a notice, even if they sign in between them."""

from verification import enrolments, limits, notices
from verification.context import Context
from verification.models import Challenge

_NOTICE_AT_TODAY = 3  # incorrect codes in a day
_NOTICE_AT_IN_MONTH = (10, 25, 50, 75)  # in 30 days, to catch someone who tries twice a day


def notify_if_due(challenge: Challenge, context: Context, *, n_today: int, n_month: int) -> None:
    """Notify the person of many incorrect codes. Only someone who knows the password gets here."""
    if n_today == _NOTICE_AT_TODAY or n_month in _NOTICE_AT_IN_MONTH:
        days = str(limits.WRONG_CODES_PERIOD.days)
        notices.notify(
            challenge.user,
            "several_incorrect_codes",
            now=context.now,
            context=context,
            label=enrolments.label(challenge.enrolment),
            n=str(n_month),
            days=days,
        )
