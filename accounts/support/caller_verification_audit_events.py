"""Audit events of caller verification: whether the person on the phone is who they say."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Notice, Severity, UserEvent, declare, detail

CALLER_ASKED = declare(
    UserEvent(
        "support.caller_asked",
        log=_("%(actor)s started to verify that the caller is %(person)s: %(way)s."),
        icon="call",
        title=_("Support asked whether you were calling"),
        staff_title=_("Support started to verify the caller"),
        text=detail("way"),
        severity=Severity.WARN,
    )
)
CALLER_VERIFIED = declare(
    UserEvent(
        "support.caller_verified",
        log=_("%(actor)s verified that the caller is %(person)s: %(way)s."),
        icon="check",
        title=_("You verified to support that it was you"),
        staff_title=_("Support verified the caller"),
        text=detail("way"),
    )
)
CALLER_FAILED = declare(
    UserEvent(
        "support.caller_failed",
        log=_("A caller who claimed to be %(person)s read an incorrect code to %(actor)s: %(way)s."),
        icon="warn",
        title=_("An incorrect code was read to support"),
        text=detail("way"),
        severity=Severity.BAD,
    )
)
CALLER_VOUCHED = declare(
    UserEvent(
        "support.caller_vouched",
        log=_("%(actor)s called %(person)s back and verified the caller."),
        icon="call",
        title=_("Support called you back to verify it was you"),
        staff_title=_("Support verified the caller by calling back"),
        severity=Severity.WARN,
        notice=Notice(
            subject=_("you were called back by %(support)s"),
            text=_(
                "%(staff)s from %(support)s noted on %(when)s that they called you back and verified that it’s you."
            ),
            advice=_("If nobody called you, contact %(support)s right away."),
        ),
    )
)
