"""Explanations of message states for people: what happened to a message, and what to do next."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from verification.delivery.routing import routes
from verification.models import Circuit, Kind, Message, MessageState, Reason


@dataclass(frozen=True)
class Report:
    """A message's fate for a person.

    Shape: `is_bad` means that it will not arrive, so another option is the better way; `about` is the reason, or the
    state where none is known.
    """

    words: str
    is_bad: bool = False
    is_final: bool = False
    about: str = ""


def explain(message: Message | None) -> Report:
    """Tell what happened to a text or call."""
    if message is None:
        return Report("")
    is_call = message.kind == Kind.CALL
    state = MessageState(message.state)
    good = _mailed() if message.kind == Kind.MAIL else _under_way(is_call=is_call)
    if state in good:
        return Report(good[state], is_final=state == MessageState.DELIVERED)
    words = _why(state, message.reason, is_call=is_call)
    about = message.reason if message.reason and message.reason != Reason.UNKNOWN else state
    return Report(words, is_bad=True, is_final=state != MessageState.LOST, about=str(about))


def technical(message: Message) -> str:
    """Say what the provider itself gave as the cause, for staff. Shape: `twilio 30003 (the phone is off)`, or empty."""
    return f"{message.provider}{routes.explained(message.provider, message.code)}" if message.code else ""


def cause(circuit: Circuit) -> str:
    """Say what a provider itself gave as the cause of being passed over, for staff; empty if it gave none."""
    return routes.explained(circuit.provider, circuit.code).strip()


def _mailed() -> dict[MessageState, str]:
    passed = (
        MessageState.ACCEPTED,
        MessageState.SENT,
        MessageState.RINGING,
        MessageState.ANSWERED,
        MessageState.DELIVERED,
    )
    return {
        **dict.fromkeys(passed, _("The mail server has your mail.")),
        MessageState.QUEUED: _("Your mail is waiting to be sent."),
        MessageState.SENDING: _("Your mail is being sent."),
        MessageState.UNKNOWN: _("We are checking whether it went out."),
    }


def _under_way(*, is_call: bool) -> dict[MessageState, str]:
    return {
        MessageState.QUEUED: _("We are about to call you.") if is_call else _("Your text is waiting to be sent."),
        MessageState.SENDING: _("We are placing the call.") if is_call else _("Your text is being sent."),
        MessageState.UNKNOWN: _("We are checking whether it went out."),
        MessageState.ACCEPTED: _("The phone network is placing the call.")
        if is_call
        else _("The phone network has your text."),
        MessageState.SENT: _("The call is on its way.") if is_call else _("Your text is on its way to the phone."),
        MessageState.RINGING: _("Your phone is ringing."),
        MessageState.ANSWERED: _("You answered. Follow the words on the phone."),
        MessageState.DELIVERED: _("The call is over.") if is_call else _("Your text has reached the phone."),
    }


def _why(state: MessageState, reason: str, *, is_call: bool) -> str:
    if state == MessageState.LOST:
        return _("We cannot tell whether it went out. If nothing comes, ask for a new one.")
    if state == MessageState.EXPIRED:
        return _("It was not sent, for it came too late to help. Ask for a new one.")
    reasons = {
        Reason.UNREACHABLE: _("Your phone may be off or without signal."),
        Reason.LANDLINE: _("This number cannot take texts. We can call it instead."),
        Reason.BLOCKED: _("The phone or its carrier blocks our messages."),
        Reason.OPTED_OUT: _("Somebody replied STOP from this number, so we may not text it until it replies START."),
        Reason.INVALID_NUMBER: _("This number is not in use. Check it with your company support."),
        Reason.FILTERED: _("The carrier filtered the text out."),
        Reason.BUSY: _("The line was busy."),
        Reason.NO_ANSWER: _("Nobody answered the call."),
        Reason.VOICEMAIL: _("A voicemail answered. Pick up the next call yourself."),
        Reason.HUNG_UP: _("The call ended before the request was approved."),
        Reason.RATE_LIMITED: _("The phone network is busy."),
        Reason.COUNTRY_CLOSED: _("We do not send to this country."),
        Reason.PROVIDER_DOWN: _("The phone network is out of service for us."),
        Reason.TOO_OLD: _("It came too late to help."),
    }
    fallback = _("The call did not get through.") if is_call else _("The text did not arrive.")
    return reasons[Reason(reason)] if reason in reasons else fallback
