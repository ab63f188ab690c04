"""The Twilio provider: sends by Twilio's Messages and Calls. Source: Twilio's API of 2010-04-01."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils import timezone
from twilio.base.exceptions import TwilioException, TwilioRestException

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
    refusal,
)
from verification.models.messages import Channel, FailureReason, MessageState

from . import conf, error_codes, http_client, signature, speech, statuses

_MAX_VALIDITY = 36_000  # seconds that Twilio keeps a text
_MACHINES = ("machine_", "fax")


class TwilioProvider:
    """Sends texts and calls. Its callbacks are signed over the exact public address."""

    name = "twilio"
    kinds = frozenset({Channel.TEXT, Channel.CALL})
    codes: Mapping[str, Meaning] = error_codes.CODES | error_codes.SIP

    def send(self, message: Outgoing) -> str:
        """Send a message.

        Errors: `SendRefused` if Twilio certainly did not accept it, `ResponseLost` if that is in doubt.
        """
        client = http_client.client()
        try:
            if message.kind == Channel.CALL:
                return str(client.calls.create(**_call(message)).sid)
            return str(client.messages.create(**_text(message)).sid)
        except TwilioRestException as error:
            raise refusal(str(error.code or f"http-{error.status}"), error_codes.CODES) from error
        except (TwilioException, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ResponseLost("the answer could not be read") from error

    def parse(self, callback: Callback) -> ParsedCallback:
        """Parse a signed callback. Errors: `Forged`."""
        here = conf.read()
        fields = callback_bodies.form(callback)
        signature.check(callback, fields, tokens=here.tokens, account=here.account)
        if callback.event == "keys":
            return _keys(callback, fields)
        if callback.event == "inbound":
            return _reply(fields)
        if callback.event != "receipt":
            raise Forged("no such callback")
        receipt = _call_receipt(callback, fields) if "CallSid" in fields else _text_receipt(callback, fields)
        return ParsedCallback(receipts=(receipt,) if receipt else (), reference=_name(fields))

    def probe(self) -> bool:
        """Return whether the account answers."""
        try:
            return str(http_client.client().api.accounts(conf.read().account).fetch().status) == "active"
        except (SendRefused, ResponseLost, TwilioException, ValueError, TypeError, KeyError, AttributeError):
            return False


def _text(message: Outgoing) -> dict[str, Any]:
    here = conf.read()
    seconds = int((message.useful_until - timezone.now()).total_seconds())
    fields = {
        "to": message.to,
        "body": message.words,
        "status_callback": message.receipt_url,
        "validity_period": min(max(seconds, 1), _MAX_VALIDITY),
    }
    if here.service and not message.sender:
        return fields | {"messaging_service_sid": here.service}
    return fields | {"from_": message.sender or senders_and_voices.choose(here.senders, message.to)}


def _call(message: Outgoing) -> dict[str, Any]:
    here = conf.read()
    said = _voice(here, message.language)
    keys_url = f"{message.keys_url}?{urlencode({'language': message.language})}"
    fields = {
        "to": message.to,
        "from_": message.sender or senders_and_voices.choose(here.call_senders, message.to),
        "twiml": speech.ask(message.words, keys_url=keys_url, **said),
        "status_callback": message.receipt_url,
        "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        "machine_detection": "Enable",
        "async_amd": "true",
        "async_amd_status_callback": message.receipt_url,
        "timeout": 30,
    }
    return fields | (
        {"send_digits": senders_and_voices.keys(message.extension, pause="w")} if message.extension else {}
    )


def _voice(here: conf.Conf, language: str) -> dict[str, str]:
    return {"language": senders_and_voices.locale(language), "voice": senders_and_voices.voice(here.voices, language)}


# Callbacks -----------------------------------------------------------------------------------------------------


def _keys(callback: Callback, fields: Mapping[str, str]) -> ParsedCallback:
    """Read the pressed keys. Twilio leaves out the # at the end, and calls back only if a key was pressed."""
    url = urlsplit(callback.url)
    language = dict(parse_qsl(url.query)).get("language", "en")
    said = _voice(conf.read(), language)

    def reply(next_speech: Speech | None) -> tuple[str, bytes]:
        return "text/xml", speech.answer(next_speech, keys_url=callback.url, **said).encode()

    press = KeyPress(callback.message_id, f"{fields.get('Digits', '')}#")
    return ParsedCallback(presses=(press,), reference=_name(fields), reply=reply)


def _name(fields: Mapping[str, str]) -> str:
    """Return Twilio's id of the text or call that a callback is about."""
    names = {fields[key] for key in ("CallSid", "MessageSid") if fields.get(key)}
    if len(names) != 1:
        raise Forged("it does not name one message")
    return names.pop()


def _reply(fields: Mapping[str, str]) -> ParsedCallback:
    """Read a text that someone sent to our number: STOP and START, in all the words that the account has for them.

    Twilio says in `OptOutType` what it understood. Without that service, the words themselves decide.
    """
    said = fields.get("OptOutType") or fields.get("Body", "")
    replies = opt_out_keywords.parse(said, number=fields.get("From", ""), reference=fields.get("MessageSid", ""))
    return ParsedCallback(replies=replies, reply=_silence)


def _silence(_speech: Speech | None) -> tuple[str, bytes]:
    return "text/xml", b"<Response/>"


def _text_receipt(callback: Callback, fields: Mapping[str, str]) -> Receipt | None:
    state = statuses.TEXT_STATES.get(fields.get("MessageStatus", ""))
    if state is None:
        return None
    is_bad = state in {MessageState.UNDELIVERED, MessageState.FAILED}
    code = tidy(fields.get("ErrorCode")) if is_bad else ""
    why = declaring_error_codes.reason(code, error_codes.CODES) if is_bad else None
    reference = fields.get("MessageSid", "")
    return Receipt(message_id=callback.message_id, state=state, reason=why, code=code, reference=reference)


def _call_receipt(callback: Callback, fields: Mapping[str, str]) -> Receipt | None:
    said = {"message_id": callback.message_id, "reference": fields["CallSid"]}
    if fields.get("AnsweredBy", "").startswith(_MACHINES):
        return Receipt(state=MessageState.UNDELIVERED, reason=FailureReason.VOICEMAIL, **said)
    known = statuses.CALL_STATES.get(fields.get("CallStatus", ""))
    if known is None or "AnsweredBy" in fields:
        return None
    state, reason = known
    if state not in {MessageState.FAILED, MessageState.UNDELIVERED}:
        return Receipt(state=state, reason=reason, **said)
    # Its own code first, then the phone network's answer.
    given = (tidy(fields.get("ErrorCode")), tidy(f"sip-{fields.get('SipResponseCode', '')}"))
    code = next((each for each in given if each in TwilioProvider.codes), next(filter(None, given), ""))
    if state == MessageState.FAILED and code in TwilioProvider.codes:
        reason = TwilioProvider.codes[code].reason
    return Receipt(state=state, reason=reason, code=code, **said)


provider = TwilioProvider()
