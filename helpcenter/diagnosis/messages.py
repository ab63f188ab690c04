"""Diagnosis of texts and calls that do not arrive: limits, closed options, the carrier's answer."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpcenter.diagnosis.findings import RECENT, Finding, View, way_on
from verification import audit, time_format
from verification.audit import events
from verification.delivery import message_explanations
from verification.limits import toll_fraud
from verification.models import Kind, Message, MessageState
from verification.outcomes import Verdict


def no_message(seen: View) -> Iterator[Finding]:
    now, message = seen.context.now, seen.message
    limited = audit.of_person(seen.user.pk, of=(events.MESSAGE_LIMITED,), most=1)
    if limited and now - limited[0].at < RECENT:
        sees = _("Too many texts and calls were asked for within the hour, so no more go out for now.")
        yield Finding(
            kind="warn",
            sees=sees,
            does=_("An app, a passkey or a recovery code works at once."),
            slug="too-many-messages",
            to=way_on(seen),
        )
    yield from _closed_options(seen)
    if message is None or now - message.created_at > RECENT:
        sees = _("We sent you no text and no call within the last hour.")
        if seen.is_half:
            yield Finding(
                kind="info",
                sees=_("We sent you no text and no call in this sign-in."),
                does=_("Choose a text or call, or another way."),
                to="options",
                slug="different-option",
            )
            return
        yield Finding(
            kind="info",
            sees=sees,
            does=_("Try your number out now: it opens nothing and costs nothing."),
            to="methods",
            slug="no-text",
        )
        return
    yield _of_message(message, seen)
    if message.challenge is not None and message.generation > 1:
        sees = ngettext(
            "You asked for a new code %(n)d time.", "You asked for a new code %(n)d times.", message.generation - 1
        )
        yield Finding(
            kind="info",
            sees=sees % {"n": message.generation - 1},
            does=_("Only the newest counts."),
            slug="newest-code",
        )


def _closed_options(seen: View) -> Iterator[Finding]:
    """Yield which of the user's texts and calls are closed, by an outage or by the toll fraud guard, and why."""
    told = set()
    for option in seen.decision.options:
        reason = option.unavailable_reason
        if reason and reason not in told:
            told.add(reason)
            slug = next((slug for verdict, slug in _GUARDED.items() if toll_fraud.explain(verdict) == reason), "")
            does = _("Choose another way.") if seen.others else _("You have no other way: company support lets you in.")
            slug = slug or ("carrier-trouble" if option.enrolment.opens else "option-missing")
            yield Finding(kind="bad", sees=reason, does=does, slug=slug, to=way_on(seen))


_GUARDED = {
    Verdict.CLOSED: "country-closed",
    Verdict.PAUSED: "messages-paused",
    Verdict.STOPPED: "messages-blocked",
}


def _of_message(message: Message, seen: View) -> Finding:
    report = message_explanations.explain(message)
    at = _("%(kind)s to %(hint)s at %(at)s: %(words)s") % {
        "kind": _("Call") if message.kind == Kind.CALL else _("Text"),
        "hint": message.hint,
        "at": time_format.clock(message.created_at),
        "words": report.words,
    }
    if report.is_bad and message.code:
        at += " " + _("(The provider’s own code: %(code)s)") % {"code": message.code}
    slug = _slug(report.about) if report.is_bad else ("no-call" if message.kind == Kind.CALL else "no-text")
    if report.is_bad:
        does = _("Take another way.") if seen.others else _("You have no other way: company support lets you in.")
        return Finding(kind="bad", sees=at, does=does, slug=slug, to=way_on(seen))
    if message.state == MessageState.DELIVERED:
        does = _("The phone has it. Look into the folder for blocked texts, and check that it is the right phone.")
        return Finding(kind="info", sees=at, does=does, slug=slug, to=way_on(seen))
    return Finding(
        kind="info", sees=at, does=_("Give it a minute. A different way is quicker."), slug=slug, to=way_on(seen)
    )


_SLUGS = {
    "unreachable": "phone-unreachable",
    "landline": "number-takes-no-texts",
    "blocked": "messages-blocked",
    "opted_out": "messages-blocked",
    "filtered": "messages-blocked",
    "invalid_number": "wrong-number",
    "provider_down": "carrier-trouble",
    "rate_limited": "carrier-trouble",
    "country_closed": "carrier-trouble",
    "busy": "no-call",
    "no_answer": "no-call",
    "voicemail": "no-call",
    "hung_up": "no-call",
}


def _slug(about: str) -> str:
    return _SLUGS.get(about, "no-text")


def new_number(seen: View) -> Iterator[Finding]:
    numbers = sorted({o.enrolment.hint for o in seen.decision.options if o.needs_delivery})
    sees = (
        _("We know these numbers: %(numbers)s.") % {"numbers": ", ".join(numbers)}
        if numbers
        else _("We know no number of yours.")
    )
    if not seen.is_half:
        yield Finding(
            kind="info",
            sees=sees,
            does=_("Add the new number and prove it; then remove the old one."),
            to="add",
            slug="new-number",
        )
        return
    does = (
        _("Sign in by another way, then add the new number.")
        if seen.others
        else _("Company support clears your settings.")
    )
    yield Finding(kind="info", sees=sees, does=does, slug="new-number", to=way_on(seen))
