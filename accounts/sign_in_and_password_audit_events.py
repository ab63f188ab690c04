"""Audit events of sign-ins, passwords, deferred registrations and ended sessions."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit import Details, Severity, UserEvent, declare
from verification.policies import DecisionReason


def _why(details: Details) -> str:
    if why := (DecisionReason.read(details.get("why")) or DecisionReason.REQUIRED).why_skipped:
        return why
    return gettext("Method: %(method)s.") % {"method": details.method} if details.get("method") else ""


SIGN_IN_COMPLETED = declare(
    UserEvent(
        "sign_in.completed",
        log=_("%(person)s signed in. %(how)s"),
        icon="check",
        title=_("You signed in"),
        staff_title=_("They signed in"),
        text=_why,
        severity=Severity.GOOD,
        is_attempt=True,
        metric="completed",
    )
)
SIGN_IN_DENIED = declare(
    UserEvent(
        "sign_in.denied",
        log=_("A sign-in of %(person)s was refused: %(why)s."),
        icon="lock",
        title=_("A sign-in was refused"),
        text=_("The account was blocked or locked."),
        severity=Severity.BAD,
        is_attempt=True,
        metric="denied",
    )
)

PASSWORD_REFUSED = declare(
    UserEvent(
        "password.refused",
        log=_("Incorrect password entered for %(person)s."),
        icon="bad",
        title=_("An incorrect password was entered"),
        text=_("Nobody was signed in."),
        severity=Severity.WARN,
        is_attempt=True,
        metric="password refused",
    )
)
PASSWORD_CHANGED = declare(
    UserEvent(
        "password.changed",
        log=_("%(person)s changed their password."),
        icon="key",
        title=_("Your password was changed"),
        staff_title=_("Their password was changed"),
    )
)
PASSWORD_FOUND = declare(
    UserEvent(
        "password.found",
        log=_("%(person)s signed in with a password that is common or was exposed in a data breach."),
        icon="key",
        title=_("Attackers know your password"),
        staff_title=_("Attackers know their password"),
        text=_("It’s common, or was exposed in a data breach. We asked for a new one."),
        severity=Severity.WARN,
    )
)
PASSWORD_RESET = declare(
    UserEvent(
        "password.reset",
        log=_("%(person)s set a new password through an emailed link."),
        icon="key",
        title=_("Your password was reset with a link from an email"),
        staff_title=_("They reset their password through an emailed link"),
    )
)

PASSWORD_RESET_ASKED = declare(
    UserEvent(
        "password_reset.asked",
        log=_("A link to set a new password was requested for %(person)s."),
        icon="mail",
        title=_("A link to reset the password was requested"),
    )
)

REGISTRATION_DEFERRED = declare(
    UserEvent(
        "registration.put_off",
        log=_("%(person)s put off setting up a method."),
        icon="clock",
        title=_("You postponed the setup"),
        staff_title=_("They put off setting up a method"),
    )
)

SESSION_ENDED = declare(
    UserEvent(
        "session.ended",
        log=_("%(person)s signed out."),
        icon="leave",
        title=_("You signed out"),
        staff_title=_("They signed out"),
        is_deniable=False,
    )
)

SESSIONS_ENDED = declare(
    UserEvent(
        "sessions.ended",
        log=_("%(person)s ended other sessions."),
        icon="leave",
        title=_("Other sessions were ended"),
    )
)
