"""Diagnosis of refused codes, and of what is left when the phone is lost."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpcenter.diagnosis.findings import RECENT, Finding, View, way_on
from verification import audit, registry, time_format
from verification.audit import events
from verification.capabilities import Delivered


def code_refused(seen: View) -> Iterator[Finding]:
    for option in seen.decision.options:
        if option.is_locked:
            sees = _("%(label)s is switched off after too many wrong codes.") % {"label": option.label}
            does = _("Sign in by another way and set it up again; or company support can help.")
            yield Finding(
                kind="bad",
                sees=sees,
                does=does,
                to="" if seen.is_half else "methods",
                slug="too-many-codes",
            )
        elif option.retry_at:
            minutes = -(-int((option.retry_at - seen.context.now).total_seconds()) // 60)
            words = ngettext(
                "%(label)s waits for %(n)d more minute.", "%(label)s waits for %(n)d more minutes.", minutes
            )
            sees = words % {"label": option.label, "n": minutes}
            yield Finding(
                kind="warn", sees=sees, does=_("Another way works at once."), slug="too-many-codes", to=way_on(seen)
            )
    failed = audit.of_person(
        seen.user.pk, of=(events.CHALLENGE_FAILED, events.CHALLENGE_REPLACED, events.CHALLENGE_USED), most=1
    )
    if failed and seen.context.now - failed[0].at < RECENT:
        yield _of_attempt(failed[0].kind, str(failed[0].detail.get("method", "")), failed[0].at)


def _of_attempt(kind: str, method: str, at: datetime) -> Finding:
    when = time_format.clock(at)
    if kind == events.CHALLENGE_REPLACED.kind:
        sees = _("At %(at)s you typed an older code; a newer one had been sent.") % {"at": when}
        return Finding(kind="info", sees=sees, does=_("Use the newest code. It cost you no try."), slug="newest-code")
    if kind == events.CHALLENGE_USED.kind:
        sees = _("At %(at)s you typed a code that was used before.") % {"at": when}
        return Finding(kind="info", sees=sees, does=_("Wait for the next code."), slug="code-refused")
    label = str(registry.method(method).label) if registry.is_installed(method) else method
    sees = _("At %(at)s a wrong code was typed for: %(label)s.") % {"at": when, "label": label}
    is_app = registry.is_installed(method) and not registry.has(method, Delivered)
    does = (
        _("Check the clock of the device, and that it is the right entry.")
        if is_app
        else _("Type the newest code again.")
    )
    return Finding(kind="warn", sees=sees, does=does, slug="code-refused")


def lost_phone(seen: View) -> Iterator[Finding]:
    apart = [o for o in seen.decision.options if not o.is_locked and not o.needs_delivery and not o.is_temporary]
    if apart:
        labels = ", ".join(option.label for option in apart)
        sees = _("You have ways that may not hang on that phone: %(labels)s.") % {"labels": labels}
        does = _("Sign in by one of them. Then remove what was on the phone.")
        if seen.is_half:
            yield Finding(
                kind="good",
                sees=sees,
                does=does,
                to="options",
                slug="lost-phone",
            )
        else:
            yield Finding(
                kind="good",
                sees=sees,
                does=does,
                to="new_phone",
                slug="lost-phone",
            )
    else:
        sees = _("All your ways hang on that phone.")
        yield Finding(
            kind="bad",
            sees=sees,
            does=_("Company support clears your settings and gives you a pass."),
            slug="lost-phone",
        )
    if not seen.is_half:
        does = _("End what the phone could open.")
        yield Finding(
            kind="warn",
            sees=_("The phone may be signed in."),
            does=does,
            to="browsers",
            slug="remembered-browsers",
        )
