"""Audit events of “This wasn’t me”: an account is being secured, and restored."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Severity, UserEvent, declare

ACCOUNT_SECURING_BEGUN = declare(
    UserEvent(
        "account.securing_begun",
        log=_("%(person)s reported activity that wasn’t theirs, and is securing their account."),
        icon="shield",
        title=_("You reported something that wasn’t you"),
        staff_title=_("They reported activity that wasn’t theirs"),
        severity=Severity.WARN,
        is_deniable=False,
        trouble=_("“This wasn’t me”"),
    )
)
ACCOUNT_SECURING_ENDED = declare(
    UserEvent(
        "account.securing_ended",
        log=_("%(person)s finished securing their account."),
        icon="shield",
        title=_("You restored access to your account"),
        staff_title=_("They secured their account again"),
        severity=Severity.GOOD,
        is_deniable=False,
    )
)
