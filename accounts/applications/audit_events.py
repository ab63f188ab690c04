"""Audit events of the use of applications: opened, asked to verify again, refused, signed out."""

from django.utils.translation import gettext_lazy as _

from accounts.applications.access_reasons_in_audit_log import AccessReason
from verification.audit import Details, Severity, UserEvent, declare, detail

_OLD_REASONS = {"left": _("the directory switched the account off"), "off": _("the application is switched off")}


def _refused(details: Details) -> str:
    """Say which application refused somebody, and why."""
    application, recorded = str(details.get("application")), details.get("why")
    why = AccessReason(recorded).label if recorded in set(AccessReason) else str(_OLD_REASONS.get(recorded, ""))
    return f"{application}: {why}." if why else application


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
        log=_("%(person)s couldn’t open the application %(application)s: %(why)s."),
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
