"""System checks of the gateway's settings."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from verification.models.messages import FailureReason

from . import conf


@register
def is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Require an address, a valid request template, and receipts that can't be forged."""
    here = conf.read()
    found = [
        (not here.url, 1, "GATEWAY_URL is not set.", "Set it, or remove 'gateway' from DELIVERY_PROVIDERS."),
        (
            not _is_template(here.request),
            2,
            "GATEWAY_REQUEST is not a JSON object with {to} and {words}.",
            "See GATEWAY_REQUEST in deploy/environment.md.",
        ),
        (
            not here.keys,
            3,
            "GATEWAY_RECEIPT_KEYS is not set, so no receipt can be verified.",
            "Share a key with the gateway.",
        ),
        (
            not _binds(here),
            4,
            "The signature of a receipt covers neither its address nor the message's id.",
            "Add {url} to GATEWAY_SIGNED, or set GATEWAY_RECEIPT_ID.",
        ),
        (
            "{" in here.url,
            5,
            "GATEWAY_URL contains a placeholder.",
            "Addresses are logged, so move it to GATEWAY_REQUEST.",
        ),
        (
            not (urlsplit(here.url).scheme == "https" or settings.DEMO) and bool(here.url),
            6,
            "GATEWAY_URL doesn't use https.",
            "Codes are sent to it, so use an https address.",
        ),
        (
            bool(set(here.reasons.values()) - set(FailureReason.values)),
            7,
            "GATEWAY_REASONS contains an unknown reason.",
            f"Use one of {', '.join(FailureReason.values)}.",
        ),
    ]
    return [Error(words, hint=hint, id=f"gateway.E{number:03}") for is_so, number, words, hint in found if is_so]


def _is_template(text: str) -> bool:
    try:
        template = json.loads(text)
    except ValueError:
        return False
    return isinstance(template, dict) and "{words}" in text and ("{to}" in text or "{to_digits}" in text)


def _binds(here: conf.Conf) -> bool:
    return "{body}" in here.signed and ("{url}" in here.signed or bool(here.receipt_id))
