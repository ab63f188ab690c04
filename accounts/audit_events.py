"""Audit events of accounts: sign-ins, passwords, sessions, app passwords, services."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit.declarations import Details, Event, Severity, UserEvent, declare, detail


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
        "locked": gettext("The directory has locked the account. Whether the password was correct isn’t known."),
        "away": gettext("The directory didn’t answer, so the password wasn’t checked."),
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

INVITATION_SENT = declare(
    UserEvent(
        "invitation.sent",
        log=_("An invitation was emailed to %(person)s, who is new."),
        icon="mail",
        title=_("You were invited by email"),
        staff_title=_("They were invited by email"),
        is_deniable=False,
        metric="invited",
    )
)
INVITATION_REMINDED = declare(
    UserEvent(
        "invitation.reminded",
        log=_("A reminder of the invitation was emailed to %(person)s."),
        icon="mail",
        title=_("You were reminded of your invitation by email"),
        staff_title=_("They were reminded of their invitation by email"),
        is_deniable=False,
        metric="reminded of an invitation",
    )
)
INVITATION_ACCEPTED = declare(
    UserEvent(
        "invitation.accepted",
        log=_("%(person)s set their first password with the link of their invitation."),
        icon="key",
        title=_("You set your password with the link of your invitation"),
        staff_title=_("They set their password with the link of their invitation"),
        metric="invitation accepted",
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

APP_PASSWORD_MADE = declare(
    UserEvent(
        "app_password.made",
        log=_("%(person)s created an app password: %(name)s."),
        icon="plus",
        title=_("An app password was created"),
        text=detail("name"),
    )
)
APP_PASSWORD_DELETED = declare(
    UserEvent(
        "app_password.deleted",
        log=_("%(person)s deleted an app password: %(name)s."),
        icon="remove",
        title=_("An app password was deleted"),
        text=detail("name"),
    )
)
APP_PASSWORD_NEW_PLACE = declare(
    UserEvent(
        "app_password.new_place",
        log=_("An app password of %(person)s was used from a new place: %(name)s."),
        icon="key",
        title=_("An app password was used from a new place"),
        severity=Severity.WARN,
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


def _refused(details: Details) -> str:
    """Say which application refused somebody, and why. Shape: the reason as `accounts.access.Reason` has it."""
    reasons = {
        "not-allowed": gettext("%(application)s: none of the groups that may use it."),
        "no-method-possible": gettext("%(application)s: no method that is strong enough."),
        "too-many-rounds": gettext("%(application)s: the verification wasn’t enough, twice."),
        "blocked": gettext("%(application)s: the account was blocked."),
        "left": gettext("%(application)s: your organisation’s directory switched the account off."),
        "locked": gettext("%(application)s: the second step was locked."),
        "off": gettext("%(application)s is switched off."),
    }
    return reasons.get(details.get("why"), "%(application)s") % {"application": details.get("application")}


# Of these, `application` is its short name, which never changes.
APPLICATION_OPENED = declare(
    UserEvent(
        "application.opened",
        log=_(
            "%(person)s signed in to the application %(application)s. Required strength: %(strength)s, asked by: "
            "%(asked_by)s."
        ),
        icon="browser",
        title=_("You opened an application"),
        staff_title=_("They opened an application"),
        text=detail("application"),
        severity=Severity.GOOD,
        metric="application opened",
    )
)
APPLICATION_ASKED = declare(
    UserEvent(
        "application.asked",
        log=_("The application %(application)s asked %(person)s to verify again: %(why)s."),
        icon="shield",
        title=_("An application needed another verification"),
        text=detail("application"),
        is_attempt=True,
        metric="application asked",
    )
)
APPLICATION_REFUSED = declare(
    UserEvent(
        "application.refused",
        log=_("%(person)s was refused the application %(application)s: %(why)s."),
        icon="lock",
        title=_("An application couldn’t be opened"),
        text=_refused,
        severity=Severity.WARN,
        is_attempt=True,
        trouble=_("Applications that couldn’t be opened"),
        metric="application refused",
    )
)
APPLICATION_LEFT = declare(
    UserEvent(
        "application.left",
        log=_("%(person)s signed out of the application %(application)s."),
        icon="leave",
        title=_("You signed out of an application"),
        staff_title=_("They signed out of an application"),
        text=detail("application"),
    )
)

SERVICE_MADE = declare(Event("service.made", _("Service added"), _("%(actor)s added the service %(service)s.")))
SERVICE_CHANGED = declare(
    Event("service.changed", _("Service changed"), _("%(actor)s changed the service %(service)s."))
)
SERVICE_DELETED = declare(
    Event(
        "service.deleted", _("Service deleted"), _("%(actor)s deleted the service %(service)s."), severity=Severity.WARN
    )
)
SERVICE_KEY_RENEWED = declare(
    Event(
        "service.key_renewed",
        _("Service given a new key"),
        _("%(actor)s gave the service %(service)s a new key."),
        severity=Severity.WARN,
    )
)

PROXY_ADDED = declare(Event("proxy.added", _("Proxy added"), _("%(actor)s added the proxy %(proxy)s.")))
PROXY_CHANGED = declare(Event("proxy.changed", _("Proxy changed"), _("%(actor)s changed the proxy %(proxy)s.")))
PROXY_DELETED = declare(
    Event("proxy.deleted", _("Proxy deleted"), _("%(actor)s deleted the proxy %(proxy)s."), severity=Severity.WARN)
)
PROXY_SECRET_RENEWED = declare(
    Event(
        "proxy.secret_renewed",
        _("Proxy given a new secret"),
        _("%(actor)s gave the proxy %(proxy)s a new secret."),
        severity=Severity.WARN,
    )
)
PROXY_FORMER_SECRET_ENDED = declare(
    Event(
        "proxy.former_secret_ended",
        _("Former secret of a proxy ended"),
        _("%(actor)s ended the former secret of the proxy %(proxy)s."),
    )
)
PROTECTED_ADDRESS_ADDED = declare(
    Event("protected_address.added", _("Protected address added"), _("%(actor)s protected the address %(address)s."))
)
PROTECTED_ADDRESS_CHANGED = declare(
    Event(
        "protected_address.changed",
        _("Protected address changed"),
        _("%(actor)s changed how the address %(address)s is protected."),
        severity=Severity.WARN,
    )
)
PROTECTED_ADDRESS_DELETED = declare(
    Event(
        "protected_address.deleted",
        _("Protected address deleted"),
        _("%(actor)s deleted the protected address %(address)s."),
        severity=Severity.WARN,
    )
)
DIRECTORY_MADE = declare(
    Event("directory.made", _("Directory added"), _("%(actor)s added the directory %(directory)s."))
)
DIRECTORY_CHANGED = declare(
    Event("directory.changed", _("Directory changed"), _("%(actor)s changed the directory %(directory)s."))
)
DIRECTORY_DELETED = declare(
    Event(
        "directory.deleted",
        _("Directory deleted"),
        _("%(actor)s deleted the directory %(directory)s."),
        severity=Severity.WARN,
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

SCIM_TOKEN_MADE = declare(
    Event(
        "scim.token_made",
        _("SCIM token created"),
        _("%(actor)s created a SCIM token for the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
SCIM_FORMER_TOKEN_ENDED = declare(
    Event(
        "scim.former_token_ended",
        _("Former SCIM token ended"),
        _("%(actor)s ended the former SCIM token of the directory %(directory)s."),
    )
)
SCIM_TOKENS_REVOKED = declare(
    Event(
        "scim.tokens_revoked",
        _("SCIM tokens revoked"),
        _("%(actor)s revoked all SCIM tokens of the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
SCIM_DEPARTURES_CONFIRMED = declare(
    Event(
        "directory.departures_confirmed",
        _("Confirmed that many people left"),
        _("%(actor)s confirmed that %(n)s of %(of)s people left the directory %(directory)s."),
        severity=Severity.WARN,
    )
)
SCIM_NETWORKS_CHANGED = declare(
    Event(
        "scim.networks_changed",
        _("Networks of a SCIM token changed"),
        _("%(actor)s changed where SCIM tokens of the directory %(directory)s may be used."),
        severity=Severity.WARN,
    )
)
