"""Diagnosis of sign-ins: why an account is refused, why it asks again, and what an unexpected prompt means."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit_events
from helpcenter.diagnosis.findings import DiagnosisInput, Finding
from verification import audit, browsers, time_format
from verification.policies import DecisionReason


def refused(seen: DiagnosisInput) -> Iterator[Finding]:
    why, support = seen.decision.reason, {"support": seen.support}
    if why is DecisionReason.BLOCKED:
        yield Finding(
            name=why,
            kind="bad",
            sees=_("Your account is blocked."),
            does=_("Contact %(support)s. Only they can unblock it.") % support,
            slug="blocked-account",
        )
    if why is DecisionReason.LOCKED:
        yield Finding(
            name=why,
            kind="bad",
            sees=_("Your second step is locked: a sign-in was reported as fraud on the phone, or support locked it."),
            does=_("Contact %(support)s. They verify that it’s you, then unlock it.") % support,
            slug="blocked-account",
        )
    if why is DecisionReason.ALL_OFF:
        yield Finding(
            name=why,
            kind="bad",
            sees=_("All your methods are locked after too many incorrect codes."),
            does=_("Contact %(support)s to unlock them.") % support,
            slug="too-many-codes",
        )


def asked_again(seen: DiagnosisInput) -> Iterator[Finding]:
    why_asked = _why_asked(seen)
    if why_asked is not None:
        yield why_asked
    elif not seen.is_half:
        n = len(browsers.of_person(seen.user, now=seen.context.now))
        sees = ngettext("%(n)d browser is remembered for you.", "%(n)d browsers are remembered for you.", n) % {"n": n}
        does = _("If this browser isn’t listed, tick “Don’t ask again on this browser” when you next sign in.")
        yield Finding(
            name="browsers-remembered" if n else "no-browser-remembered",
            kind="info",
            sees=sees if n else _("No browser is remembered for you."),
            does=does,
            to="browsers",
            slug="remembered-browsers",
        )


def _why_asked(seen: DiagnosisInput) -> Finding | None:
    """Return why this user is never asked, or always; None if it depends on the browser."""
    if seen.decision.reason is DecisionReason.NOT_REQUIRED:
        name, sees = "second-step-not-required", _("Your account doesn’t require a second step.")
        does = _("Your organisation decides this.")
    elif seen.user.is_staff:
        name, sees = "staff-role", _("You have a staff role, which always requires the second step.")
        does = _("This is intended.")
    elif not seen.decision.rules.remember_days:
        name, sees = "remembering-off", _("Your organisation doesn’t allow remembered browsers.")
        does = _("You’ll be asked for the second step each time you sign in.")
    else:
        return None
    return Finding(name=name, kind="info", sees=sees, does=does, slug="asked-again")


def strange(seen: DiagnosisInput) -> Iterator[Finding]:
    if seen.is_half:
        yield Finding(
            name="password-known",
            kind="bad",
            sees=_("Someone who knows your password can make us send you codes."),
            does=_("Don’t share a code with anyone. Sign in and change your password."),
            slug="strange-sign-in",
        )
        return
    last = audit.of_person(seen.user.pk, of=(audit_events.SIGN_IN_COMPLETED,), most=1)
    sees = _("We have no record of a sign-in to your account.")
    if last:
        words = {"at": time_format.moment(last[0].at), "network": last[0].network or "–"}
        sees = _("Your last sign-in: %(at)s, from %(network)s.") % words
    yield Finding(
        name="last-sign-in" if last else "no-sign-in",
        kind="warn",
        sees=sees,
        does=_("If you don’t recognise it, secure your account now."),
        to="not_me",
        slug="strange-sign-in",
    )
