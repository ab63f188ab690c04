"""Lockouts after too many incorrect codes: recorded, and announced to the person and the support desk.

`verification.limits.incorrect_codes_and_lockouts` decides when.
"""

from verification import audit, conf, enrolments, limits, notices
from verification.audit import verification_audit_events
from verification.context import Context
from verification.models import Challenge


def lock_method(challenge: Challenge, context: Context) -> None:
    """Record that the method of a challenge was locked until it is set up again."""
    audit.record(
        verification_audit_events.METHOD_SWITCHED_OFF,
        user_id=challenge.user.pk,
        context=context,
        **challenge.audit_detail(),
    )
    notices.notify(
        challenge.user, "method_locked", now=context.now, context=context, label=enrolments.label(challenge.enrolment)
    )
    notices.alert_support(challenge.user, "method_locked", now=context.now)


def lock_all_methods(challenge: Challenge, context: Context) -> None:
    """Lock all methods of a person at the limit of 30 days. Once: a second call changes nothing."""
    if limits.lock_all(challenge.user.pk, now=context.now):
        audit.record(verification_audit_events.SECOND_STEP_SWITCHED_OFF, user_id=challenge.user.pk, context=context)
        n, days = str(conf.wrong_codes_per_month()), str(limits.WRONG_CODES_PERIOD.days)
        label = enrolments.label(challenge.enrolment)
        notices.notify(
            challenge.user, "all_methods_locked", now=context.now, context=context, label=label, n=n, days=days
        )
        notices.alert_support(challenge.user, "all_methods_locked", now=context.now, n=n, days=days)
