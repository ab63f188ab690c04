"""Parsers of callback bodies. They refuse repeated fields and text that can't be stored."""

from typing import Any
from urllib.parse import parse_qsl

from verification import inputs
from verification.delivery.provider_interface import Callback, Forged

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_MAX_FIELDS = 200


def form(callback: Callback) -> dict[str, str]:
    """Parse a form.

    Errors: `Forged` if it isn't one, or if a field is repeated, because the signer may have read the other value.
    """
    _want(callback, FORM)
    try:
        pairs = parse_qsl(callback.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise Forged("the body is not a form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Forged("a field appears twice")
    if any(inputs.flaw(text) for pair in pairs for text in pair):
        raise Forged("a field contains something other than text")
    return fields


def json_object(callback: Callback) -> dict[str, Any]:
    """Parse a JSON object. Errors: `Forged` if it isn't one, or if a name is repeated."""
    _want(callback, JSON)
    told = inputs.parse_json(callback.body)
    if not isinstance(told, dict):
        raise Forged("the body is not an object")
    return told


def _want(callback: Callback, kind: str) -> None:
    if callback.content_type != kind:
        raise Forged(f"the body is not {kind}")
