"""Account compromise (“This wasn’t me”): ends what an attacker may control, then guides the user through recovery."""

from django.db import transaction

from accounts.models import User
from accounts.portal import this_wasnt_me_audit_events
from verification import audit, browsers, enrolments, notices
from verification.context import Context


def begin(user: User, context: Context, *, about: str) -> None:
    """Secure an account: end other sessions, forget browsers, suspend app passwords, require the second step.

    `about` is the public name of the event the user did not cause. None of this needs a recent verification: anyone
    who asks for help is believed, and `end` undoes it for a user who verifies.
    """
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(securing_since=context.now)
        browsers.forget(user)
        enrolments.raise_epoch(user)
        audit.record(this_wasnt_me_audit_events.ACCOUNT_SECURING_BEGUN, user_id=user.pk, context=context, about=about)
        notices.notify(user, "account_secured", now=context.now, context=context)


def end(user: User, context: Context) -> None:
    """Reopen the account for its user, who has verified and reviewed it."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, securing_since__isnull=False).update(securing_since=None):
            audit.record(this_wasnt_me_audit_events.ACCOUNT_SECURING_ENDED, user_id=user.pk, context=context)
