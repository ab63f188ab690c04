"""Diagnosis of texts and calls that do not arrive: limits, unavailable options, the carrier's answer."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpcenter.diagnosis.diagnosis_input import MAX_EVENT_AGE, DiagnosisInput, is_phone
from helpcenter.diagnosis.findings_and_buttons import Finding, no_methods, other_method
from verification import audit, time_format
from verification.audit import verification_audit_events
from verification.delivery import message_status_words
from verification.models import Channel, Message, MessageState
from verification.outcomes import Verdict


def no_message(seen: DiagnosisInput) -> Iterator[Finding]:
    if seen.is_refused:
        return
    now, message = seen.context.now, seen.message
    limited = audit.of_person(seen.user.pk, of=(verification_audit_events.MESSAGE_LIMITED,), most=1)
    if limited and now - limited[0].at < MAX_EVENT_AGE:
        does = seen.or_support(_("Use a different method. It works right away."), _no_other())
        yield Finding(
            name="message-limit",
            kind="warn",
            sees=_("Too many texts and calls were requested for your account, so we stopped sending them for now."),
            does=does,
            slug="too-many-messages",
            to=other_method(seen),
        )
    yield from _unavailable_options(seen)
    if message is None or now - message.created_at > MAX_EVENT_AGE:
        yield _nothing_sent(seen)
        return
    yield _of_message(message, seen)
    if message.challenge is not None and message.generation > 1:
        n = message.generation - 1
        sees = ngettext("You requested a new code %(n)d time.", "You requested a new code %(n)d times.", n) % {"n": n}
        does = _("Only the newest code works.")
        yield Finding(name="several-codes", kind="info", sees=sees, does=does, slug="newest-code")


def _no_other() -> str:
    return _("You have no other method that works now. Contact %(support)s for help to sign in.")


def _nothing_sent(seen: DiagnosisInput) -> Finding:
    if not seen.options:
        return no_methods(seen)
    if not any(is_phone(option) for option in seen.options):
        does = _("Use one of your other methods.") if seen.is_half else _("To get texts or calls, add your number.")
        sees = _("You have no phone number set up for texts or calls.")
        to = "options" if seen.is_half else "add"
        return Finding(name="no-number", kind="info", sees=sees, does=does, to=to, slug="use-text")
    if seen.is_half:
        return Finding(
            name="none-in-this-sign-in",
            kind="info",
            sees=_("We haven’t sent you a text or call during this sign-in."),
            does=_("Choose a text or call, or use another method."),
            to="options",
            slug="different-option",
        )
    return Finding(
        name="none-lately",
        kind="info",
        sees=_("We haven’t sent you a text or call in the last hour."),
        does=_("Send yourself a test message. It can’t be used to sign in."),
        to="methods",
        slug="no-text",
    )


def _unavailable_options(seen: DiagnosisInput) -> Iterator[Finding]:
    """Yield a finding for each text or call option that an outage or the toll fraud guard makes unavailable."""
    told = set()
    for option in seen.options:
        reason = option.unavailable_reason
        if reason and reason not in told:
            told.add(reason)
            trouble = "carrier-trouble" if option.enrolment.opens else "option-missing"
            slug = _GUARDED.get(option.refused_as, trouble) if option.refused_as else trouble
            does = seen.or_support(_("Use a different method."), _no_other())
            to = other_method(seen)
            yield Finding(name="method-unavailable", kind="bad", sees=reason, does=does, slug=slug, to=to)


_GUARDED = {
    Verdict.COUNTRY_NOT_ALLOWED: "country-closed",
    Verdict.PAUSED: "messages-paused",
    Verdict.STOPPED: "messages-blocked",
}


def _of_message(message: Message, seen: DiagnosisInput) -> Finding:
    report, is_call = message_status_words.explain(message), message.kind == Channel.CALL
    name = f"message-{report.about or message.state}"
    sees = _("%(kind)s to %(hint)s at %(at)s: %(words)s") % {
        "kind": _("Call") if is_call else _("Text"),
        "hint": message.hint,
        "at": time_format.clock(message.created_at),
        "words": report.words,
    }
    if report.is_bad and message.code:
        sees += " " + _("(Provider’s error code: %(code)s)") % {"code": message.code}
    if report.is_bad:
        does = seen.or_support(_("Use a different method."), _no_other())
        return Finding(name=name, kind="bad", sees=sees, does=does, slug=_slug(report.about), to=other_method(seen))
    does, slug = _next(message, is_call=is_call), "no-call" if is_call else "no-text"
    return Finding(name=name, kind="info", sees=sees, does=does, slug=slug, to=other_method(seen))


def _next(message: Message, *, is_call: bool) -> str:
    """Return what to do about a message that did not fail."""
    if message.state != MessageState.DELIVERED:
        return _("Wait a minute. If nothing arrives, use a different method.")
    if is_call:
        return _("If the page didn’t continue, request a new call and follow its instructions.")
    return _("Check your phone’s blocked-messages folder, and check that this is the right phone.")


_SLUGS = {
    "unreachable": "phone-unreachable",
    "landline": "number-takes-no-texts",
    "blocked": "messages-blocked",
    "opted_out": "messages-blocked",
    "filtered": "messages-blocked",
    "invalid_number": "wrong-number",
    "provider_down": "carrier-trouble",
    "rate_limited": "carrier-trouble",
    "country_closed": "country-closed",
    "busy": "no-call",
    "no_answer": "no-call",
    "voicemail": "no-call",
    "hung_up": "no-call",
}


def _slug(about: str) -> str:
    return _SLUGS.get(about, "no-text")
