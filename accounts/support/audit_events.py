"""Audit events of the support desk and the administration."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit.declarations import Details, Event, Notice, Severity, UserEvent, declare, detail


def _ticket(details: Details) -> str:
    ticket = details.get("ticket")
    return gettext("Ticket %(ticket)s.") % {"ticket": ticket} if ticket else ""


def _roles(details: Details) -> str:
    return ", ".join(details.said.get("roles", []))


SUPPORT_WRONG_CODES_RESET = declare(
    UserEvent(
        "support.wrong_codes_reset",
        icon="key",
        title=_("Support reset the count of incorrect codes"),
        text=_ticket,
        notice=Notice(
            subject=_("your count of incorrect codes was reset"),
            text=_("%(staff)s from your support desk reset the count of incorrect codes for your account."),
        ),
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
        notice=Notice(
            subject=_("your verification methods were removed"),
            text=_(
                "%(staff)s from your support desk removed all your methods. You set up new ones at your next sign-in."
            ),
        ),
    )
)
SUPPORT_PHONE_LOST = declare(
    UserEvent(
        "support.phone_lost",
        icon="phone",
        title=_("Support removed everything after a lost phone"),
        text=_ticket,
        severity=Severity.WARN,
        notice=Notice(
            subject=_("your methods were removed after a lost phone"),
            text=_(
                "%(staff)s from your support desk removed your verification methods, app passwords and remembered "
                "browsers, and ended your sessions. You set up new methods at your next sign-in."
            ),
        ),
    )
)
SUPPORT_DEVICE_RESET = declare(
    UserEvent(
        "support.device_reset",
        icon="remove",
        title=_("Support removed a method"),
        text=detail("label"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("a verification method was removed"),
            text=_("%(staff)s from your support desk removed one of your methods: %(label)s. All your sessions ended."),
        ),
    )
)
SUPPORT_TOKEN_ASSIGNED = declare(
    UserEvent(
        "support.token_assigned",
        icon="token",
        title=_("Support assigned a hardware token"),
        text=detail("label"),
        notice=Notice(
            subject=_("a hardware token was assigned to you"),
            text=_(
                "%(staff)s from your support desk assigned a hardware token to you: %(label)s. To activate it, sign "
                "in, open Methods, choose Add a method, then Hardware token. Enter its serial number and the code "
                "that it shows."
            ),
        ),
    )
)
SUPPORT_TOKEN_TAKEN_BACK = declare(
    UserEvent(
        "support.token_taken_back",
        icon="token",
        title=_("Support took back a hardware token"),
        text=detail("label"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("your hardware token was taken back"),
            text=_(
                "%(staff)s from your support desk took back your hardware token: %(label)s. Its codes no longer work."
            ),
        ),
    )
)
SUPPORT_TOKEN_RESYNCHRONISED = declare(
    UserEvent(
        "support.token_resynchronised",
        icon="token",
        title=_("Support resynchronised a hardware token"),
        text=detail("label"),
        notice=Notice(
            subject=_("your hardware token was resynchronised"),
            text=_(
                "%(staff)s from your support desk resynchronised your hardware token with two of its codes: "
                "%(label)s. Nobody was signed in with them."
            ),
        ),
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
        notice=Notice(
            subject=_("your app passwords were deleted"),
            text=_(
                "%(staff)s from your support desk deleted all your app passwords. Create new ones for the programs "
                "that still need one."
            ),
        ),
    )
)
SUPPORT_BROWSERS_FORGOTTEN = declare(
    UserEvent(
        "support.browsers_forgotten",
        icon="remove",
        title=_("Support removed your remembered browsers"),
        staff_title=_("Support removed their remembered browsers"),
        text=_ticket,
        notice=Notice(
            subject=_("your remembered browsers were removed"),
            text=_(
                "%(staff)s from your support desk removed your remembered browsers. They need the second step again."
            ),
        ),
    )
)
SUPPORT_SESSIONS_ENDED = declare(
    UserEvent(
        "support.sessions_ended",
        icon="leave",
        title=_("Support ended your sessions"),
        staff_title=_("Support ended their sessions"),
        text=_ticket,
        notice=Notice(
            subject=_("you were signed out everywhere"),
            text=_("%(staff)s from your support desk ended all your sessions."),
        ),
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
        notice=Notice(
            subject=_("a Temporary Access Pass was issued"),
            text=_(
                "%(staff)s from your support desk issued a Temporary Access Pass for your account. Anyone who has "
                "it and your password can sign in as you."
            ),
        ),
    )
)
SUPPORT_BYPASS_GIVEN = declare(
    UserEvent(
        "support.bypass_given",
        icon="clock",
        title=_("Support gave you a one-time bypass"),
        staff_title=_("Support gave them a one-time bypass"),
        text=_ticket,
        severity=Severity.WARN,
        trouble=_("One-time bypasses given"),
        notice=Notice(
            subject=_("one sign-in without the second step"),
            text=_(
                "%(staff)s from your support desk allowed one sign-in with your password only, within the next minutes."
            ),
        ),
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
        notice=Notice(
            subject=_("your account was blocked"),
            text=_("%(staff)s from your support desk blocked your account. Nobody can sign in to it for now."),
        ),
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
        notice=Notice(
            subject=_("your account was unblocked"),
            text=_("%(staff)s from your support desk unblocked your account. You can sign in again."),
        ),
    )
)
SUPPORT_PERSON_UNLOCKED = declare(
    UserEvent(
        "support.person_unlocked",
        icon="key",
        title=_("Support removed waits and locks"),
        text=_ticket,
        notice=Notice(
            subject=_("your account was unlocked"),
            text=_("%(staff)s from your support desk ended the waits and locks of your methods. They work again."),
        ),
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
        notice=Notice(
            subject=_("your two-step verification was changed"),
            text=_("%(staff)s from your support desk set your second step to “%(state)s”."),
        ),
    )
)
SUPPORT_ROLES_GIVEN = declare(
    UserEvent(
        "support.roles_given",
        icon="person",
        title=_("Your staff roles were changed"),
        staff_title=_("Their staff roles were changed"),
        text=_roles,
        severity=Severity.WARN,
        notice=Notice(template="verification/notices/support_roles_given.txt"),
    )
)
SUPPORT_PASSWORD_REQUIRED = declare(
    UserEvent(
        "support.password_required",
        icon="edit",
        title=_("Support requires a new password"),
        text=_ticket,
        notice=Notice(
            subject=_("choose a new password"),
            text=_(
                "%(staff)s from your support desk asks you to choose a new password. You do this at your next sign-in."
            ),
        ),
    )
)
SUPPORT_MESSAGE_TRIED = declare(
    UserEvent(
        "support.message_tried",
        icon="send",
        title=_("Support sent a test message"),
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
        title=_("You verified to support that it was you"),
        staff_title=_("They verified to support that it was them"),
        text=detail("way"),
    )
)
SUPPORT_CALLER_FAILED = declare(
    UserEvent(
        "support.caller_failed",
        icon="warn",
        title=_("An incorrect code was read to support"),
        text=detail("way"),
        severity=Severity.BAD,
    )
)
SUPPORT_CALLER_VOUCHED = declare(
    UserEvent(
        "support.caller_vouched",
        icon="call",
        title=_("Support called you back to verify it was you"),
        staff_title=_("Support called them back to verify it was them"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("support called you back"),
            text=_("%(staff)s from your support desk noted that they called you back and spoke to you a moment ago."),
        ),
    )
)
SUPPORT_REFUSED = declare(
    UserEvent(
        "support.refused",
        icon="lock",
        title=_("Something that support tried was refused"),
        trouble=_("Support actions refused"),
    )
)
SUPPORT_REQUESTED = declare(
    UserEvent(
        "support.requested",
        icon="clock",
        title=_("Support asked for a second approver"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_AGREED = declare(
    UserEvent(
        "support.request_agreed",
        icon="check",
        title=_("A second approver of support approved a request"),
        text=_ticket,
    )
)
SUPPORT_REQUEST_REFUSED = declare(
    UserEvent(
        "support.request_refused",
        icon="bad",
        title=_("A second approver of support refused a request"),
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
