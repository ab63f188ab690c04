"""Audit events of OpenID Connect. `accounts.applications.audit_events` has those of all kinds of applications."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Severity, UserEvent, declare, detail

CONSENT_GIVEN = declare(
    UserEvent(
        "oidc.consented",
        log=_("%(person)s agreed to share their data with the application %(application)s: %(scopes)s."),
        icon="check",
        title=_("You let an application see your data"),
        staff_title=_("They let an application see their data"),
        text=detail("application"),
    )
)
TOKEN_REPLAYED = declare(
    UserEvent(
        "oidc.replayed",
        log=_(
            "A %(what)s of %(person)s for the application %(application)s was used twice. "
            "Everything that was issued with it ended."
        ),
        icon="bad",
        title=_("Someone may have copied a key of an application"),
        text=detail("application"),
        severity=Severity.BAD,
        metric="token replayed",
    )
)
LOGOUT_FAILED = declare(
    UserEvent(
        "oidc.logout_failed",
        log=_("The application %(application)s couldn’t be notified that a session of %(person)s ended: %(problem)s."),
        icon="bad",
        title=_("An application couldn’t be notified that you signed out"),
        staff_title=_("An application couldn’t be notified that they signed out"),
        text=detail("application"),
        severity=Severity.WARN,
        is_deniable=False,
        metric="sign-out not delivered",
    )
)
