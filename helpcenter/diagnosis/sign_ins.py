"""Diagnosis of sign-ins: why an account is closed, why it asks again, and what an unexpected prompt means."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit_events
from helpcenter.diagnosis.findings import Finding, View
from verification import audit, browsers, time_format
from verification.policies import Why


def closed(seen: View) -> Iterator[Finding]:
    why = seen.decision.reason
    if why is Why.BLOCKED:
        sees = _("Your account is blocked.")
        yield Finding(kind="bad", sees=sees, does=_("Only company support can open it."), slug="blocked-account")
    if why is Why.LOCKED:
        sees = _("Your second step is locked, for a sign-in was reported as fraud on the phone.")
        yield Finding(
            kind="bad",
            sees=sees,
            does=_("Company support unlocks it, once they know it is you."),
            slug="blocked-account",
        )
    if why is Why.ALL_OFF:
        sees = _("All your options are switched off after too many wrong codes.")
        yield Finding(kind="bad", sees=sees, does=_("Company support can switch them on."), slug="too-many-codes")


def asked_again(seen: View) -> Iterator[Finding]:
    days, remembered = seen.decision.rules.remember_days, browsers.of_person(seen.user, now=seen.context.now)
    if seen.decision.reason is Why.NOT_REQUIRED:
        yield Finding(
            kind="info",
            sees=_("The second step is not required of you."),
            does=_("Your organisation decides that."),
            slug="asked-again",
        )
        return
    if seen.user.is_staff:
        yield Finding(
            kind="info",
            sees=_("You are one of the staff, who are always asked."),
            does=_("That is meant so."),
            slug="asked-again",
        )
    elif not days:
        yield Finding(
            kind="info",
            sees=_("Your organisation lets no browser be remembered."),
            does=_("You are asked each time."),
            slug="asked-again",
        )
    if seen.is_half:
        return
    n = len(remembered)
    sees = ngettext("%(n)d browser is remembered for you.", "%(n)d browsers are remembered for you.", n) % {"n": n}
    does = _("Is this one in the list? If not, tick “Don’t ask again” at the next sign-in.")
    yield Finding(kind="info", sees=sees, does=does, to="browsers", slug="remembered-browsers")


def strange(seen: View) -> Iterator[Finding]:
    if seen.is_half:
        yield Finding(
            kind="bad",
            sees=_("Somebody who has your password can make us send you codes."),
            does=_("Tell nobody a code. Sign in and set a new password."),
            slug="strange-sign-in",
        )
        return
    last = audit.of_person(seen.user.pk, of=(audit_events.SIGN_IN_COMPLETED,), most=1)
    sees = (
        _("Your last sign-in: %(at)s from %(network)s.")
        % {"at": time_format.moment(last[0].at), "network": last[0].network or "–"}
        if last
        else _("We know no sign-in of yours.")
    )
    yield Finding(
        kind="warn",
        sees=sees,
        does=_("If anything was not you, make your account safe now."),
        to="not_me",
        slug="strange-sign-in",
    )
