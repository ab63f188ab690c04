"""The gateway's HTTP client: builds its requests and reads its responses."""

import json
import socket
from typing import Any
from urllib.parse import urlencode, urlsplit

from verification.delivery import provider_http

from .conf import Conf

_PROBE_TIMEOUT = 0.8  # seconds


def post(here: Conf, fields: Any) -> provider_http.ProviderResponse:
    """Send one request. Errors: `SendRefused` when nothing left, `ResponseLost` when it can't be told."""
    headers = {"Accept": provider_http.JSON, **here.headers}
    if here.token:
        headers["Authorization"] = f"Bearer {here.token}"
    if here.as_form:
        return provider_http.ask(
            "POST", here.url, headers=headers, body=urlencode(fields, doseq=True), kind=provider_http.FORM
        )
    return provider_http.ask("POST", here.url, headers=headers, body=json.dumps(fields))


def reaches(url: str) -> bool:
    """Return whether something listens at an address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_PROBE_TIMEOUT).close()
    except OSError:
        return False
    return True


def find(told: Any, path: str) -> str:
    """Read a value at a path such as `messages.0.id`, or an empty text when there is none."""
    for step in path.split("."):
        if isinstance(told, dict):
            told = told.get(step)
        elif isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        else:
            return ""
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
