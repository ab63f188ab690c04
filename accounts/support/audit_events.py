"""Audit events of the support desk and the administration."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit.declarations import Details, Event, Severity, UserEvent, declare, detail


def _ticket(details: Details) -> str:
    ticket = details.get("ticket")
    return gettext("Ticket %(ticket)s.") % {"ticket": ticket} if ticket else ""


def _roles(details: Details) -> str:
    return ", ".join(details.said.get("roles", []))


SUPPORT_WRONG_CODES_RESET = declare(
    UserEvent(
        "support.wrong_codes_reset",
        icon="key",
        title=_("Support reset the count of wrong codes"),
        text=_ticket,
    )
)
SUPPORT_SETTINGS_CLEARED = declare(
    UserEvent(
        "support.settings_cleared",
        icon="remove",
        title=_("Support cleared your settings"),
        staff_title=_("Support cleared their settings"),
        text=_ticket,
        severity=Severity.WARN,
    )
)
SUPPORT_PHONE_LOST = declare(
    UserEvent(
        "support.phone_lost",
        icon="phone",
        title=_("Support closed everything after a lost phone"),
        text=_ticket,
        severity=Severity.WARN,
    )
)
SUPPORT_DEVICE_RESET = declare(
    UserEvent(
        "support.device_reset",
        icon="remove",
        title=_("Support removed a method"),
        text=detail("label"),
        severity=Severity.WARN,
    )
)
SUPPORT_TOKEN_ASSIGNED = declare(
    UserEvent(
        "support.token_assigned",
        icon="token",
        title=_("Support assigned a token"),
        text=detail("label"),
    )
)
SUPPORT_TOKEN_TAKEN_BACK = declare(
    UserEvent(
        "support.token_taken_back",
        icon="token",
        title=_("Support took a token back"),
        text=detail("label"),
        severity=Severity.WARN,
    )
)
SUPPORT_TOKEN_RESYNCHRONISED = declare(
    UserEvent(
        "support.token_resynchronised",
        icon="token",
        title=_("Support set a token right by two of its codes"),
        text=detail("label"),
    )
)
SUPPORT_APP_PASSWORDS_DELETED = declare(
    UserEvent(
        "support.app_passwords_deleted",
        icon="remove",
        title=_("Support deleted your app passwords"),
        staff_title=_("Support deleted their app passwords"),
        text=_ticket,
        severity=Severity.WARN,
    )
)
SUPPORT_BROWSERS_FORGOTTEN = declare(
    UserEvent(
        "support.browsers_forgotten",
        icon="remove",
        title=_("Support forgot your remembered browsers"),
        staff_title=_("Support forgot their remembered browsers"),
        text=_ticket,
    )
)
SUPPORT_SESSIONS_ENDED = declare(
    UserEvent(
        "support.sessions_ended",
        icon="leave",
        title=_("Support ended your sign-ins"),
        staff_title=_("Support ended their sign-ins"),
        text=_ticket,
    )
)
SUPPORT_PASS_ISSUED = declare(
    UserEvent(
        "support.pass_issued",
        icon="pass",
        title=_("Support issued a Temporary Access Pass"),
        text=_ticket,
        severity=Severity.WARN,
        trouble=_("Passes issued"),
    )
)
SUPPORT_BYPASS_GIVEN = declare(
    UserEvent(
        "support.bypass_given",
        icon="clock",
        title=_("Support let you in once without the second step"),
        staff_title=_("Support let them in once without the second step"),
        text=_ticket,
        severity=Severity.WARN,
        trouble=_("Sign-ins without the second step given"),
    )
)
SUPPORT_PERSON_BLOCKED = declare(
    UserEvent(
        "support.person_blocked",
        icon="lock",
        title=_("Support blocked your account"),
        staff_title=_("Support blocked their account"),
        text=_ticket,
        severity=Severity.BAD,
        trouble=_("People blocked"),
    )
)
SUPPORT_PERSON_UNBLOCKED = declare(
    UserEvent(
        "support.person_unblocked",
        icon="check",
        title=_("Support unblocked your account"),
        staff_title=_("Support unblocked their account"),
        text=_ticket,
        severity=Severity.GOOD,
        trouble=_("People unblocked"),
    )
)
SUPPORT_PERSON_UNLOCKED = declare(
    UserEvent(
        "support.person_unlocked",
        icon="key",
        title=_("Support lifted waits and locks"),
        text=_ticket,
    )
)
SUPPORT_STATE_SET = declare(
    UserEvent(
        "support.state_set",
        icon="shield",
        title=_("Support changed your second step"),
        staff_title=_("Support changed their second step"),
        text=detail("state"),
        severity=Severity.WARN,
    )
)
SUPPORT_ROLES_GIVEN = declare(
    UserEvent(
        "support.roles_given",
        icon="person",
        title=_("Your roles were changed"),
        staff_title=_("Their roles were changed"),
        text=_roles,
        severity=Severity.WARN,
    )
)
SUPPORT_PASSWORD_REQUIRED = declare(
    UserEvent(
        "support.password_required",
        icon="edit",
        title=_("Support asks for a new password"),
        text=_ticket,
    )
)
SUPPORT_MESSAGE_TRIED = declare(
    UserEvent(
        "support.message_tried",
        icon="send",
        title=_("Support sent a trial"),
        text=detail("label"),
    )
)
SUPPORT_CALLER_ASKED = declare(
    UserEvent(
        "support.caller_asked",
        icon="call",
        title=_("Support asked whether you were calling"),
        staff_title=_("Support asked whether they were calling"),
        text=detail("way"),
        severity=Severity.WARN,
    )
)
SUPPORT_CALLER_VERIFIED = declare(
    UserEvent(
        "support.caller_verified",
        icon="check",
        title=_("You proved to support that it was you"),
        staff_title=_("They proved to support that it was them"),
        text=detail("way"),
    )
)
SUPPORT_CALLER_FAILED = declare(
    UserEvent(
        "support.caller_failed",
        icon="warn",
        title=_("A wrong code was read to support"),
        text=detail("way"),
        severity=Severity.BAD,
    )
)
SUPPORT_CALLER_VOUCHED = declare(
    UserEvent(
        "support.caller_vouched",
        icon="call",
        title=_("Support called back and knew the caller"),
        severity=Severity.WARN,
    )
)
SUPPORT_REFUSED = declare(
    UserEvent(
        "support.refused",
        icon="lock",
        title=_("Something that support tried was refused"),
        trouble=_("Actions of the desk refused"),
    )
)
SUPPORT_REQUESTED = declare(
    UserEvent(
        "support.requested",
        icon="clock",
        title=_("Support asked a second person"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_AGREED = declare(
    UserEvent(
        "support.request_agreed",
        icon="check",
        title=_("A second person of support agreed"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_REFUSED = declare(
    UserEvent(
        "support.request_refused",
        icon="bad",
        title=_("A second person of support refused"),
        text=_ticket,
    )
)

GROUP_MADE = declare(Event("group.made"))
GROUP_CHANGED = declare(Event("group.changed"))
GROUP_DELETED = declare(Event("group.deleted"))
GROUP_REQUESTED = declare(Event("group.requested"))
GROUP_REQUEST_AGREED = declare(Event("group.request_agreed"))
GROUP_REQUEST_REFUSED = declare(Event("group.request_refused"))
GROUP_REFUSED = declare(Event("group.refused"))

PEOPLE_IMPORT_BEGUN = declare(Event("people.import_begun"))
PEOPLE_IMPORT_CANCELLED = declare(Event("people.import_cancelled"))
PEOPLE_IMPORTED = declare(Event("people.imported"))

EXPORT_MADE = declare(Event("export.made"))

POLICY_CHANGED = declare(Event("policy.changed"))
POLICY_DELETED = declare(Event("policy.deleted"))

GUARD_CHANGED = declare(Event("guard.changed"))
GUARD_DELETED = declare(Event("guard.deleted"))

OUTAGE_SET = declare(Event("outage.set"))
OUTAGE_ENDED = declare(Event("outage.ended"))

ROUTE_ADDED = declare(Event("route.added"))
ROUTE_CHANGED = declare(Event("route.changed"))
ROUTE_DELETED = declare(Event("route.deleted"))

SCOPE_ADDED = declare(Event("scope.added"))
SCOPE_CHANGED = declare(Event("scope.changed"))
SCOPE_DELETED = declare(Event("scope.deleted"))
