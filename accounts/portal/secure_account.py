"""“This wasn’t me”: ends what may be in strange hands at once, and leads the person through making it safe again."""

from django.db import transaction

from accounts import audit_events
from accounts.models import User
from verification import audit, browsers, enrolments, notices
from verification.context import Context


def begin(user: User, context: Context, *, about: str) -> None:
    """Secure an account: other sessions end, browsers are forgotten, app passwords rest, the second step is asked.

    `about` is the public name of the event that was not the person's doing. Nothing of it needs a fresh proof: whoever
    calls for help is believed, and `end` undoes it for whoever proves themselves.
    """
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(securing_since=context.now)
        browsers.forget(user)
        enrolments.raise_epoch(user)
        audit.record(audit_events.ACCOUNT_SECURING_BEGUN, user_id=user.pk, context=context, about=about)
        notices.tell(user, "locked_down", now=context.now, context=context)


def end(user: User, context: Context) -> None:
    """Open the account again for its person, who has proven themselves and looked through it."""
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, securing_since__isnull=False).update(securing_since=None):
            audit.record(audit_events.ACCOUNT_SECURING_ENDED, user_id=user.pk, context=context)
