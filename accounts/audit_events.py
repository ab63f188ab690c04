"""Audit events of accounts: sign-ins, passwords, sessions, and “This wasn’t me”."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit import Details, Event, Severity, UserEvent, declare


def _why(details: Details) -> str:
    reasons = {
        "remembered": gettext("No second step was needed, because this browser is remembered."),
        "trusted_network": gettext("No second step was needed, because this is a trusted network."),
        "put_off": gettext("No second step was needed, because you postponed the setup."),
        "bypassed": gettext("No second step was needed, because the support desk gave you a one-time bypass."),
        "not_required": gettext("No second step was needed, because two-step verification is off for this account."),
    }
    asked = gettext("Method: %(method)s.") % {"method": details.method} if details.get("method") else ""
    return reasons.get(details.get("why"), asked)


def _why_for_staff(details: Details) -> str:
    reasons = {
        "put_off": gettext("No second step was needed, because they postponed the setup."),
        "bypassed": gettext("No second step was needed, because the support desk gave them a one-time bypass."),
    }
    return reasons.get(details.get("why")) or _why(details)


def _directory_says(details: Details) -> str:
    reasons = {
        "must_change": gettext("The directory says that the password must be changed first."),
        "expired": gettext("The directory says that the password has expired."),
        "disabled": gettext("The directory says that the account is disabled."),
        "account_expired": gettext("The directory says that the account has expired."),
        "outside_hours": gettext("The directory doesn’t allow a sign-in at this time."),
        "other_machine": gettext("The directory allows a sign-in only from some computers."),
        "restricted": gettext("The directory doesn’t let this account sign in here, although the password is correct."),
        "locked": gettext("The directory has locked the account. Whether the password was correct isn’t known."),
        "away": gettext("The directory didn’t answer, or didn’t check the password."),
        "later": gettext("There were too many incorrect passwords, so the directory wasn’t asked."),
        "name_taken": gettext("Another account has the same username."),
    }
    return reasons.get(details.get("why"), gettext("The directory refused it."))


SIGN_IN_COMPLETED = declare(
    UserEvent(
        "sign_in.completed",
        log=_("%(person)s signed in. %(how)s"),
        icon="check",
        title=_("You signed in"),
        staff_title=_("They signed in"),
        text=_why,
        staff_text=_why_for_staff,
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
        log=_("%(person)s signed in with a password that is common or became known in a data breach."),
        icon="key",
        title=_("Attackers know your password"),
        staff_title=_("Attackers know their password"),
        text=_("It’s common, or became known in a data breach. We asked for a new one."),
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
DIRECTORY_NAME_TAKEN = declare(
    Event(
        "directory.name_taken",
        _("Username of a directory taken"),
        _("%(actor)s couldn’t sign in from the directory %(directory)s: another account has the same username."),
        severity=Severity.WARN,
    )
)
DIRECTORY_REFUSED = declare(
    UserEvent(
        "directory.refused",
        log=_("A directory refused a sign-in of %(person)s: %(why)s."),
        icon="lock",
        title=_("A sign-in was refused"),
        text=_("Your organisation’s directory refused it."),
        staff_text=_directory_says,
        severity=Severity.WARN,
        is_attempt=True,
        metric="directory refused",
    )
)
