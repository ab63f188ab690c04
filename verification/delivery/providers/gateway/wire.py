"""One pool of connections to the gateway, with limits, and what each failure of a request leaves certain."""

import json
import socket
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from verification.delivery.provider import Lost, Refused
from verification.models.messages import Reason

from .conf import Conf

_TIMEOUT = urllib3.Timeout(connect=2.0, read=8.0)  # seconds
_PROBE = 0.8  # seconds
_POOL = 64  # connections kept, one for each thread of a worker
_LONGEST_PAUSE = 86_400  # seconds of a Retry-After that are believed


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the JSON if it was any, and how long we are to stay away."""

    status: int
    told: Any
    after: timedelta | None


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=_POOL, timeout=_TIMEOUT, retries=False)


def post(here: Conf, fields: Any) -> Answer:
    """Send one request; never twice. Errors: `Refused` when nothing left, `Lost` when no answer came."""
    kind = "application/x-www-form-urlencoded" if here.as_form else "application/json"
    body = urlencode(fields, doseq=True) if here.as_form else json.dumps(fields)
    headers = {"Content-Type": kind, "Accept": "application/json", **here.headers}
    if here.token:
        headers["Authorization"] = f"Bearer {here.token}"
    try:
        answer = _pool().request("POST", here.url, body=body.encode(), headers=headers, redirect=False)
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise Refused(Reason.PROVIDER_DOWN) from error
    except (HTTPError, OSError) as error:
        raise Lost("the answer did not come") from error
    return Answer(answer.status, _json(answer.data), _span(answer.headers.get("Retry-After", "")))


def reaches(url: str) -> bool:
    """Tell whether something listens at an address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_PROBE).close()
    except OSError:
        return False
    return True


def find(told: Any, path: str) -> str:
    """Read a value at a path such as `messages.0.id`; empty when there is none."""
    for step in path.split("."):
        if isinstance(told, dict):
            told = told.get(step)
        elif isinstance(told, list) and step.isdecimal() and int(step) < len(told):
            told = told[int(step)]
        else:
            return ""
    return str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _span(text: str) -> timedelta | None:
    is_span = text.isascii() and text.isdigit() and len(text) < 6
    return timedelta(seconds=min(int(text), _LONGEST_PAUSE)) if is_span else None
