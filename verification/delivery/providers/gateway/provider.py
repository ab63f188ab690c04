"""The gateway provider: sends texts to a gateway's HTTP interface, as the settings describe it."""

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.utils import timezone

from verification.delivery.declaring_error_codes import tidy
from verification.delivery.inbound import callback_bodies
from verification.delivery.provider_http import HTTP_ERROR_CODES, ProviderResponse
from verification.delivery.provider_interface import (
    MAX_REFERENCE,
    Callback,
    Forged,
    Outgoing,
    ParsedCallback,
    Receipt,
    ResponseLost,
    SendRefused,
)
from verification.models.messages import Channel, FailureReason, MessageState

from . import conf, http_client, signature

_log = logging.getLogger(__name__)
_FIRST_ERROR = 400
_OUR_FAULT = (401, 402, 403, 404, 405)  # our address or token is wrong
_STATES = {
    "accepted": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "rejected": MessageState.UNDELIVERED,
    "expired": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
}
_BAD = (MessageState.UNDELIVERED, MessageState.FAILED)
_FOR_GOOD = (FailureReason.INVALID_NUMBER, FailureReason.OPTED_OUT, FailureReason.LANDLINE)


class GatewayProvider:
    """Sends texts. The text goes into the body of a request, never into its URL."""

    name = "gateway"
    kinds = frozenset({Channel.TEXT})
    codes = HTTP_ERROR_CODES

    def send(self, message: Outgoing) -> str:
        """Send a text.

        Errors: `SendRefused` if the carrier certainly did not accept it, `ResponseLost` if that is in doubt.
        """
        here = conf.read()
        if not here.url:
            raise SendRefused(FailureReason.PROVIDER_DOWN)
        answer = http_client.post(here, _fill(json.loads(here.request), _values(here, message)))
        if answer.status >= _FIRST_ERROR:
            raise _refusal(here, answer)
        reference = http_client.find(answer.json, here.reference)
        if not reference:
            raise ResponseLost("the answer could not be read")
        return _short(reference)

    def parse(self, callback: Callback) -> ParsedCallback:
        """Read a signed receipt. Errors: `Forged`."""
        here = conf.read()
        signature.check(here, callback, now=timezone.now())
        if callback.event != "receipt":
            raise Forged("no such callback")
        told = (
            callback_bodies.json_object(callback)
            if callback.content_type == callback_bodies.JSON
            else callback_bodies.form(callback)
        )
        if here.receipt_id and http_client.find(told, here.receipt_id) != callback.message_id:
            raise Forged("the receipt belongs to another message")
        reference = _short(http_client.find(told, here.receipt_reference))
        word = http_client.find(told, here.receipt_state)
        state = _state(here, word)
        if state is None:
            _log_unknown_state(tidy(word))
            return ParsedCallback(reference=reference)
        why = http_client.find(told, here.receipt_reason) if state in _BAD else ""
        receipt = Receipt(
            message_id=callback.message_id,
            state=state,
            reason=_reason(here, why) if state in _BAD else None,
            code=tidy(why),
            reference=reference,
        )
        return ParsedCallback(receipts=(receipt,), reference=reference)

    def probe(self) -> bool:
        """Return whether the carrier's server accepts a connection."""
        here = conf.read()
        return bool(here.url) and http_client.reaches(here.probe_url or here.url)


def _values(here: conf.Conf, message: Outgoing) -> dict[str, str]:
    seconds = int((message.useful_until - timezone.now()).total_seconds())
    return {
        "{to}": message.to,
        "{to_digits}": message.to.removeprefix("+"),
        "{words}": message.words,
        "{sender}": message.sender or here.sender,
        "{id}": message.id,
        "{receipt_url}": message.receipt_url,
        "{seconds}": str(max(seconds, 1)),
        "{language}": message.language,
    }


def _fill(template: Any, values: Mapping[str, str]) -> Any:
    """Put values into a template. It is filled after it was parsed, so that no value can change its structure."""
    if isinstance(template, dict):
        return {name: _fill(part, values) for name, part in template.items()}
    if isinstance(template, list):
        return [_fill(part, values) for part in template]
    if not isinstance(template, str):
        return template
    if template in values:
        return values[template]
    for mark, value in values.items():
        if mark != "{words}":
            template = template.replace(mark, value)
    # Last, so that no placeholder is looked for in the text itself.
    return template.replace("{words}", values["{words}"])


def _refusal(here: conf.Conf, answer: ProviderResponse) -> SendRefused:
    word, status = http_client.find(answer.json, here.error), f"http-{answer.status}"
    if answer.status in _OUR_FAULT:
        return SendRefused(FailureReason.PROVIDER_DOWN, code=status)
    reason = _reason(here, word)
    return SendRefused(reason, permanent=reason in _FOR_GOOD, code=tidy(word) or status)


def _short(reference: str) -> str:
    """Return a name that fits its column. A longer one becomes its digest, so that two names never become the same."""
    return reference if len(reference) <= MAX_REFERENCE else sha256(reference.encode()).hexdigest()


def _state(here: conf.Conf, word: str) -> MessageState | None:
    ours = here.states.get(word, word.lower())
    return _STATES.get(ours)


@lru_cache(maxsize=64)
def _log_unknown_state(code: str) -> None:
    """Log a state once for each process, because many receipts have it."""
    what = "The gateway reports a state that we don't know: %s. Check GATEWAY_STATES and GATEWAY_RECEIPT_STATE."
    _log.warning(what, code or "none, or not a word")


def _reason(here: conf.Conf, word: str) -> FailureReason:
    ours = here.reasons.get(word, word)
    return FailureReason(ours) if ours in FailureReason.values else FailureReason.UNKNOWN


provider = GatewayProvider()
