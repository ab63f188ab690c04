"""Audit events of support actions: what staff do for a person, with the notice that the person gets by email."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from verification.audit import Details, Notice, Severity, UserEvent, declare, detail


def _ticket(details: Details) -> str:
    ticket = details.get("ticket")
    return gettext("Ticket %(ticket)s.") % {"ticket": ticket} if ticket else ""


def _roles(details: Details) -> str:
    return ", ".join(details.said.get("roles", []))


SUPPORT_INVITED = declare(
    UserEvent(
        "support.invited",
        log=_("%(actor)s invited %(person)s by email."),
        icon="mail",
        title=_("Support invited you by email"),
        staff_title=_("Support sent an invitation by email"),
        text=_ticket,
        is_deniable=False,
        metric="invited by support",
    )
)
SUPPORT_WRONG_CODES_RESET = declare(
    UserEvent(
        "support.wrong_codes_reset",
        log=_("%(actor)s reset the count of incorrect codes of %(person)s."),
        icon="key",
        title=_("Support reset the count of incorrect codes"),
        text=_ticket,
        notice=Notice(
            subject=_("your count of incorrect codes was reset"),
            text=_("%(staff)s from %(support)s reset the count of incorrect codes for your account on %(when)s."),
        ),
    )
)
SUPPORT_SETTINGS_CLEARED = declare(
    UserEvent(
        "support.settings_cleared",
        log=_("%(actor)s cleared the settings of %(person)s."),
        icon="remove",
        title=_("Support cleared your settings"),
        staff_title=_("Support cleared the settings"),
        text=_ticket,
        severity=Severity.WARN,
        notice=Notice(
            subject=_("your verification methods were removed"),
            text=_(
                "%(staff)s from %(support)s cleared your settings on %(when)s, which removed all your verification "
                "methods. You’ll set up new ones the next time you sign in."
            ),
        ),
    )
)
SUPPORT_PHONE_LOST = declare(
    UserEvent(
        "support.phone_lost",
        log=_("%(actor)s reported a lost phone for %(person)s."),
        icon="phone",
        title=_("Support removed everything after a lost phone"),
        text=_ticket,
        severity=Severity.WARN,
        notice=Notice(
            subject=_("your methods were reset after a report of a lost phone"),
            text=_(
                "%(staff)s from %(support)s reset your account on %(when)s, after a report that you lost your phone. "
                "They removed your verification methods, app passwords and remembered browsers, and ended your "
                "sessions. You’ll set up new methods the next time you sign in."
            ),
            advice=_("If you didn’t report a lost phone, contact %(support)s right away."),
        ),
    )
)
SUPPORT_DEVICE_RESET = declare(
    UserEvent(
        "support.device_reset",
        log=_("%(actor)s removed a method of %(person)s: %(methods)s."),
        icon="remove",
        title=_("Support removed a method"),
        text=detail("label"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("a verification method was removed"),
            text=_(
                "%(staff)s from %(support)s removed one of your verification methods on %(when)s: %(label)s. All your "
                "sessions ended."
            ),
        ),
    )
)
SUPPORT_TOKEN_ASSIGNED = declare(
    UserEvent(
        "support.token_assigned",
        log=_("%(actor)s assigned a hardware token to %(person)s: %(label)s."),
        icon="token",
        title=_("Support assigned a hardware token"),
        text=detail("label"),
        notice=Notice(
            subject=_("a hardware token was assigned to you"),
            text=_(
                "%(staff)s from %(support)s assigned a hardware token to you on %(when)s: %(label)s. To activate it, "
                "sign in, choose Methods, Add a method, Hardware token, and enter its serial number and the code that "
                "it shows."
            ),
            advice=_("If you aren’t expecting a hardware token, contact %(support)s."),
        ),
    )
)
SUPPORT_TOKEN_TAKEN_BACK = declare(
    UserEvent(
        "support.token_taken_back",
        log=_("%(actor)s took a hardware token back from %(person)s: %(label)s."),
        icon="token",
        title=_("Support took back a hardware token"),
        text=detail("label"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("your hardware token was taken back"),
            text=_(
                "%(staff)s from %(support)s took back your hardware token on %(when)s: %(label)s. Its codes no longer "
                "work."
            ),
        ),
    )
)
SUPPORT_TOKEN_RESYNCHRONISED = declare(
    UserEvent(
        "support.token_resynchronised",
        log=_("%(actor)s resynchronised a hardware token of %(person)s: %(label)s."),
        icon="token",
        title=_("Support resynchronised a hardware token"),
        text=detail("label"),
        notice=Notice(
            subject=_("your hardware token was resynchronised"),
            text=_(
                "%(staff)s from %(support)s resynchronised your hardware token on %(when)s: %(label)s. This used up two"
                " of its codes and signed nobody in."
            ),
        ),
    )
)
SUPPORT_APP_PASSWORDS_DELETED = declare(
    UserEvent(
        "support.app_passwords_deleted",
        log=_("%(actor)s deleted the app passwords of %(person)s (%(n_app_passwords)s)."),
        icon="remove",
        title=_("Support deleted your app passwords"),
        staff_title=_("Support deleted the app passwords"),
        text=_ticket,
        severity=Severity.WARN,
        notice=Notice(
            subject=_("your app passwords were deleted"),
            text=_(
                "%(staff)s from %(support)s deleted all your app passwords on %(when)s. "
                "Create new ones for the apps that still need one."
            ),
        ),
    )
)
SUPPORT_BROWSERS_FORGOTTEN = declare(
    UserEvent(
        "support.browsers_forgotten",
        log=_("%(actor)s removed the remembered browsers of %(person)s (%(n_browsers)s)."),
        icon="remove",
        title=_("Support removed your remembered browsers"),
        staff_title=_("Support removed the remembered browsers"),
        text=_ticket,
        notice=Notice(
            subject=_("your remembered browsers were removed"),
            text=_(
                "%(staff)s from %(support)s removed your remembered browsers on %(when)s. You’ll need the second step "
                "on them again."
            ),
        ),
    )
)
SUPPORT_SESSIONS_ENDED = declare(
    UserEvent(
        "support.sessions_ended",
        log=_("%(actor)s ended the sessions of %(person)s (%(n_sessions)s)."),
        icon="leave",
        title=_("Support ended your sessions"),
        staff_title=_("Support ended all sessions"),
        text=_ticket,
        notice=Notice(
            subject=_("you were signed out everywhere"),
            text=_("%(staff)s from %(support)s ended all your sessions on %(when)s. Sign in again to continue."),
        ),
    )
)
SUPPORT_PASS_ISSUED = declare(
    UserEvent(
        "support.pass_issued",
        log=_("%(actor)s issued a Temporary Access Pass to %(person)s."),
        icon="pass",
        title=_("Support issued a Temporary Access Pass"),
        text=_ticket,
        severity=Severity.WARN,
        trouble=_("Passes issued"),
        notice=Notice(
            subject=_("a Temporary Access Pass was issued"),
            text=_(
                "%(staff)s from %(support)s issued a Temporary Access Pass for your account on %(when)s. Anyone who has"
                " it and your password can sign in as you."
            ),
        ),
    )
)
SUPPORT_BYPASS_GIVEN = declare(
    UserEvent(
        "support.bypass_given",
        log=_("%(actor)s gave %(person)s a one-time bypass of the second step."),
        icon="clock",
        title=_("Support gave you a one-time bypass"),
        staff_title=_("Support gave a one-time bypass"),
        text=_ticket,
        severity=Severity.WARN,
        trouble=_("One-time bypasses given"),
        notice=Notice(
            subject=_("you can sign in once without the second step"),
            text=_(
                "%(staff)s from %(support)s gave you a one-time bypass on %(when)s. For the next few minutes, you can "
                "sign in once with only your password."
            ),
        ),
    )
)
SUPPORT_PERSON_LOCKED = declare(
    UserEvent(
        "support.person_locked",
        log=_("%(actor)s locked %(person)s."),
        icon="lock",
        title=_("Support locked your account"),
        staff_title=_("Support locked the account"),
        text=_ticket,
        severity=Severity.BAD,
        trouble=_("People locked"),
        notice=Notice(
            subject=_("your account was locked"),
            text=_(
                "%(staff)s from %(support)s locked your account on %(when)s. Nobody can sign in to it until it is "
                "unlocked."
            ),
            advice=_("If you don’t know why, contact %(support)s right away."),
        ),
    )
)
SUPPORT_PERSON_BLOCKED = declare(
    UserEvent(
        "support.person_blocked",
        log=_("%(actor)s blocked %(person)s."),
        icon="lock",
        title=_("Support blocked your account"),
        staff_title=_("Support blocked the account"),
        text=_ticket,
        severity=Severity.BAD,
        trouble=_("People blocked"),
        notice=Notice(
            subject=_("your account was blocked"),
            text=_(
                "%(staff)s from %(support)s blocked your account on %(when)s. Nobody can sign in to it until it is "
                "unblocked."
            ),
            advice=_("If you don’t know why, contact %(support)s right away."),
        ),
    )
)
SUPPORT_PERSON_UNBLOCKED = declare(
    UserEvent(
        "support.person_unblocked",
        log=_("%(actor)s unblocked %(person)s."),
        icon="check",
        title=_("Support unblocked your account"),
        staff_title=_("Support unblocked the account"),
        text=_ticket,
        severity=Severity.GOOD,
        trouble=_("People unblocked"),
        notice=Notice(
            subject=_("your account was unblocked"),
            text=_("%(staff)s from %(support)s unblocked your account on %(when)s. You can sign in again."),
            advice=_("If you don’t know why, contact %(support)s right away."),
        ),
    )
)
SUPPORT_PERSON_UNLOCKED = declare(
    UserEvent(
        "support.person_unlocked",
        log=_("%(actor)s unlocked the methods of %(person)s."),
        icon="key",
        title=_("Support removed waits and locks"),
        text=_ticket,
        notice=Notice(
            subject=_("your second step was unlocked"),
            text=_("%(staff)s from %(support)s unlocked your second step on %(when)s. Your methods work again."),
        ),
    )
)
SUPPORT_WAITS_REMOVED = declare(
    UserEvent(
        "support.waits_removed",
        log=_("%(actor)s removed waits and any lock of the account of %(person)s, whose methods stay locked."),
        icon="key",
        title=_("Support removed waits, but your methods stay locked"),
        staff_title=_("Support removed waits, but methods stay locked"),
        text=_ticket,
        notice=Notice(
            subject=_("your methods are still locked"),
            text=_(
                "%(staff)s from %(support)s removed waits, and any lock of your account, on %(when)s. Your methods are "
                "still locked after too many incorrect codes. Contact %(support)s to set them up again."
            ),
        ),
    )
)
SUPPORT_STATE_SET = declare(
    UserEvent(
        "support.state_set",
        log=_("%(actor)s changed the second step of %(person)s to: %(state)s."),
        icon="shield",
        title=_("Support changed your second step"),
        staff_title=_("Support changed the second step"),
        text=detail("state"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("two-step verification was changed for you"),
            text=_("%(staff)s from %(support)s set two-step verification for your account to “%(state)s” on %(when)s."),
            advice=_("If you don’t know why, contact %(support)s right away."),
        ),
    )
)
SUPPORT_ROLES_GIVEN = declare(
    UserEvent(
        "support.roles_given",
        log=_("%(actor)s changed the roles of %(person)s to: %(roles)s."),
        icon="person",
        title=_("Your staff roles were changed"),
        staff_title=_("Staff roles were changed"),
        text=_roles,
        severity=Severity.WARN,
        notice=Notice(template="verification/notices/to_person/support_roles_given.txt"),
    )
)
SUPPORT_PASSWORD_REQUIRED = declare(
    UserEvent(
        "support.password_required",
        log=_("%(actor)s required a new password from %(person)s."),
        icon="edit",
        title=_("Support requires a new password"),
        text=_ticket,
        notice=Notice(
            subject=_("you need to choose a new password"),
            text=_(
                "%(staff)s from %(support)s asked on %(when)s that you choose a new password. You’ll do that the next "
                "time you sign in."
            ),
            advice=_("If you don’t know why, contact %(support)s right away."),
        ),
    )
)
SUPPORT_MESSAGE_TRIED = declare(
    UserEvent(
        "support.message_tried",
        log=_("%(actor)s sent a test message to %(person)s: %(label)s."),
        icon="send",
        title=_("Support sent a test message"),
        text=detail("label"),
    )
)
