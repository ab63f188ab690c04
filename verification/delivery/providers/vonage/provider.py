"""The Vonage provider: sends by Vonage's Messages and Voice. Source: developer.vonage.com."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils import timezone

from verification.delivery import declaring_error_codes, senders_and_voices
from verification.delivery.declaring_error_codes import Meaning, tidy
from verification.delivery.inbound import callback_bodies, opt_out_keywords
from verification.delivery.provider_interface import (
    Callback,
    Forged,
    KeyPress,
    Outgoing,
    ParsedCallback,
    Receipt,
    ResponseLost,
    SendRefused,
    Speech,
)
from verification.models.messages import Channel, FailureReason, MessageState

from . import conf, error_codes, http_client, signature, speech, statuses

_MIN_LIFE, _MAX_LIFE = 20, 604_800  # seconds that Vonage keeps a text
_RING_SECONDS = 30
_BAD = (MessageState.UNDELIVERED, MessageState.FAILED)


class VonageProvider:
    """Sends texts and calls. Its callbacks are signed over body and time, and bound to a message by its reference."""

    name = "vonage"
    kinds = frozenset({Channel.TEXT, Channel.CALL})
    codes: Mapping[str, Meaning] = error_codes.CODES

    def send(self, message: Outgoing) -> str:
        """Send a message.

        Errors: `SendRefused` if Vonage certainly did not accept it, `ResponseLost` if that is in doubt.
        """
        try:
            wanted = _call(message) if message.kind == Channel.CALL else _text(message)
        except ValueError as error:
            raise SendRefused(FailureReason.UNKNOWN) from error  # such as an impossible sender
        try:
            if message.kind == Channel.CALL:
                return str(http_client.voice().create_call(wanted).uuid)
            return str(http_client.messages().send(wanted).message_uuid)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ResponseLost("the answer could not be read") from error

    def parse(self, callback: Callback) -> ParsedCallback:
        """Parse a signed callback. Errors: `Forged`."""
        here = conf.read()
        signature.check(callback, secrets=here.secrets, application=here.application, now=timezone.now())
        told = callback_bodies.json_object(callback)
        if callback.event == "inbound":
            return _inbound(told)
        if callback.event == "keys":
            return _keys(callback, told)
        if callback.event != "receipt":
            raise Forged("no such callback")
        return _text_receipt(callback, told) if "message_uuid" in told else _call_receipt(callback, told)

    def probe(self) -> bool:
        """Return whether the application may speak to Vonage."""
        try:
            http_client.voice().list_calls()
        except (SendRefused, ResponseLost):
            return False
        except (ValueError, TypeError, KeyError, AttributeError):
            return True  # it answered, in whatever words
        return True


def _text(message: Outgoing) -> Any:
    from vonage_messages.models import Sms  # noqa: PLC0415  (with pydantic, 16 MiB that others are spared)

    here = conf.read()
    seconds = int((message.useful_until - timezone.now()).total_seconds())
    return Sms(
        to=message.to.removeprefix("+"),
        from_=(message.sender or senders_and_voices.choose(here.senders, message.to)).removeprefix("+"),
        text=message.words,
        ttl=min(max(seconds, _MIN_LIFE), _MAX_LIFE),
        client_ref=message.id,
        webhook_url=message.receipt_url,
        webhook_version="v1",
    )


def _call(message: Outgoing) -> Any:
    from vonage_voice.models import CreateCallRequest, Phone, ToPhone  # noqa: PLC0415  (the same)

    here = conf.read()
    sender = message.sender or senders_and_voices.choose(here.call_senders, message.to)
    keys_url = f"{message.keys_url}?{urlencode({'language': message.language})}"
    return CreateCallRequest(
        to=[
            ToPhone(
                number=message.to.removeprefix("+"),
                dtmf_answer=senders_and_voices.keys(message.extension, pause="p") if message.extension else None,
            )
        ],
        from_=Phone(number=sender.removeprefix("+")),
        ncco=speech.ask(message.words, keys_url=keys_url, language=message.language),
        event_url=[message.receipt_url],
        event_method="POST",
        machine_detection="continue",
        ringing_timer=_RING_SECONDS,
    )


# Callbacks -----------------------------------------------------------------------------------------------------


def _text_receipt(callback: Callback, told: Mapping[str, Any]) -> ParsedCallback:
    """Parse a receipt of a text. It contains our message id, which the signature covers."""
    if told.get("client_ref") != callback.message_id:
        raise Forged("the receipt belongs to another message")
    state = statuses.TEXT_STATES.get(str(told.get("status")))
    if state is None:
        return ParsedCallback()
    code = http_client.code_of(told.get("error")) if state in _BAD else ""
    why = declaring_error_codes.reason(code, error_codes.CODES) if state in _BAD else None
    reference = str(told["message_uuid"])
    return ParsedCallback(
        receipts=(Receipt(message_id=callback.message_id, state=state, reason=why, code=code, reference=reference),),
        reference=reference,
    )


def _call_receipt(callback: Callback, told: Mapping[str, Any]) -> ParsedCallback:
    """Parse an event of a call. Only Vonage's own id of the call binds it to our message."""
    call, known = _name(told), statuses.CALL_STATES.get(str(told.get("status")))
    if known is None:
        return ParsedCallback(reference=call)
    state, reason = known
    code = tidy(told.get("detail")) if state in _BAD else ""
    if code in error_codes.CODES:
        reason = error_codes.CODES[code].reason
    receipt = Receipt(message_id=callback.message_id, state=state, reason=reason, code=code, reference=call)
    return ParsedCallback(receipts=(receipt,), reference=call)


def _keys(callback: Callback, told: Mapping[str, Any]) -> ParsedCallback:
    """Read the pressed keys. Vonage leaves out the # at the end, and also reports silence: then we ask once more."""
    call, dtmf = _name(told), told.get("dtmf")
    digits = str(dtmf.get("digits") or "") if isinstance(dtmf, dict) else ""
    if not digits and (not isinstance(dtmf, dict) or dtmf.get("timed_out")):
        return ParsedCallback(reference=call)
    language = dict(parse_qsl(urlsplit(callback.url).query)).get("language", "en")

    def reply(next_speech: Speech | None) -> tuple[str, bytes]:
        return "application/json", speech.answer(next_speech, keys_url=callback.url, language=language)

    return ParsedCallback(presses=(KeyPress(callback.message_id, f"{digits}#"),), reference=call, reply=reply)


def _name(told: Mapping[str, Any]) -> str:
    call = told.get("uuid") or told.get("call_uuid")
    if not call:
        raise Forged("no call is named")
    return str(call)


def _inbound(told: Mapping[str, Any]) -> ParsedCallback:
    """Read a text that someone sent to our number."""
    number, reference = f"+{told.get('from', '')}", str(told.get("message_uuid") or "")
    return ParsedCallback(
        replies=opt_out_keywords.parse(str(told.get("text") or ""), number=number, reference=reference)
    )


provider = VonageProvider()
