"""The status of a message in words, such as “Your phone is ringing”: what happened to it, and what to do next."""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from verification.delivery.routing import routes
from verification.models import Channel, Circuit, FailureReason, Message, MessageState


@dataclass(frozen=True)
class Report:
    """What a person reads about a message.

    Shape: `is_bad` means that it will not arrive, so another option is better; `about` is the reason, or the state if
    none is known.
    """

    words: str
    is_bad: bool = False
    is_final: bool = False
    about: str = ""


def explain(message: Message | None) -> Report:
    """Say what happened to a text, call or email."""
    if message is None:
        return Report("")
    is_call = message.kind == Channel.CALL
    state = MessageState(message.state)
    good = _mailed() if message.kind == Channel.MAIL else _under_way(is_call=is_call)
    if state in good:
        return Report(good[state], is_final=state == MessageState.DELIVERED)
    words = _why(state, message.reason, is_call=is_call)
    about = message.reason if message.reason and message.reason != FailureReason.UNKNOWN else state
    return Report(words, is_bad=True, is_final=state != MessageState.LOST, about=str(about))


def in_short(message: Message) -> str:
    """Say for staff why a message did not arrive, or its state if no reason is known."""
    is_known = message.reason and message.reason != FailureReason.UNKNOWN
    return capfirst(message.get_reason_display() if is_known else message.get_state_display())


def technical(message: Message) -> str:
    """Say what the provider itself gave as the cause, for staff. Shape: `twilio 30003 (the phone is off)`, or empty."""
    return f"{message.provider}{routes.explained(message.provider, message.code)}" if message.code else ""


def cause(circuit: Circuit) -> str:
    """Say what a provider itself gave as the cause of its outage, for staff, or an empty text if it gave none."""
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
        **dict.fromkeys(passed, _("The email is on its way to your mailbox.")),
        MessageState.QUEUED: _("Your email is waiting to be sent."),
        MessageState.SENDING: _("We’re sending your email."),
        MessageState.UNKNOWN: _("We’re checking whether it was sent."),
    }


def _under_way(*, is_call: bool) -> dict[MessageState, str]:
    return {
        MessageState.QUEUED: _("We’re about to call you.") if is_call else _("Your text is waiting to be sent."),
        MessageState.SENDING: _("We’re placing the call.") if is_call else _("We’re sending your text."),
        MessageState.UNKNOWN: _("We’re checking whether it was sent."),
        MessageState.ACCEPTED: _("The phone network is placing the call.")
        if is_call
        else _("The phone network has your text."),
        MessageState.SENT: _("We’re connecting the call.") if is_call else _("Your text is on its way to the phone."),
        MessageState.RINGING: _("Your phone is ringing."),
        MessageState.ANSWERED: _("You answered. Follow the instructions on the phone."),
        MessageState.DELIVERED: _("The call is over.") if is_call else _("Your text has reached the phone."),
    }


def _why(state: MessageState, reason: str, *, is_call: bool) -> str:
    if state == MessageState.LOST:
        return _("We can’t tell whether it was sent. If nothing arrives, request a new one.")
    if state == MessageState.EXPIRED:
        return _("It expired before we could send it. Request a new one.")
    reasons = {
        FailureReason.UNREACHABLE: _("Your phone may be off or have no signal."),
        FailureReason.LANDLINE: _("This number can’t receive texts. We can call it instead."),
        FailureReason.BLOCKED: _("Your phone or phone company blocks our messages."),
        FailureReason.OPTED_OUT: _("Someone replied STOP from this number. We can’t text it until it replies START."),
        FailureReason.INVALID_NUMBER: _("This number isn’t in use. Check it with your support desk."),
        FailureReason.FILTERED: _("The phone company filtered the text out."),
        FailureReason.BUSY: _("The line was busy."),
        FailureReason.NO_ANSWER: _("Nobody answered the call."),
        FailureReason.VOICEMAIL: _("Voicemail answered. Answer the next call yourself."),
        FailureReason.HUNG_UP: _("The call ended before you approved it."),
        FailureReason.RATE_LIMITED: _("The phone network is busy."),
        FailureReason.COUNTRY_NOT_ALLOWED: _("We don’t send to this country."),
        FailureReason.PROVIDER_DOWN: _("We can’t reach the phone network now."),
        FailureReason.TOO_OLD: _("It expired before we could send it."),
    }
    fallback = _("The call didn’t get through.") if is_call else _("The text didn’t arrive.")
    return reasons[FailureReason(reason)] if reason in reasons else fallback
