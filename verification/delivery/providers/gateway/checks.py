"""Tells before the start what the gateway lacks or contradicts."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from verification.models.messages import Reason

from . import conf


@register
def is_complete(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Want an address, a template that can be read, and receipts that can be told from forged ones."""
    here = conf.read()
    found = [
        (not here.url, 1, "GATEWAY_URL is not set.", "Set it, or take 'gateway' out of DELIVERY_PROVIDERS."),
        (
            not _is_template(here.request),
            2,
            "GATEWAY_REQUEST is no JSON object with {to} and {words}.",
            "See the list.",
        ),
        (not here.keys, 3, "GATEWAY_RECEIPT_KEYS is not set: no receipt could be believed.", "Share one of your own."),
        (
            not _binds(here),
            4,
            "A receipt's signature covers neither its address nor the message's id.",
            "Put {url} into GATEWAY_SIGNED, or name GATEWAY_RECEIPT_ID.",
        ),
        ("{" in here.url, 5, "GATEWAY_URL holds a mark.", "Addresses end up in logs: put it into GATEWAY_REQUEST."),
        (
            not (urlsplit(here.url).scheme == "https" or settings.DEMO) and bool(here.url),
            6,
            "GATEWAY_URL is not encrypted.",
            "Codes travel over it: use https.",
        ),
        (
            bool(set(here.reasons.values()) - set(Reason.values)),
            7,
            "GATEWAY_REASONS names a reason that does not exist.",
            f"One of {', '.join(Reason.values)}.",
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
