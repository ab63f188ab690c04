"""One pool of connections to carriers, with limits, and what each failure of a request leaves certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from verification import inputs
from verification.delivery.provider import Lost, Refused
from verification.models.messages import Reason

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_TIMEOUT = urllib3.Timeout(connect=2.0, read=8.0)  # seconds
_POOL = 64  # connections kept with each carrier, one for each thread of a worker
_PLACES = 64  # addresses of carriers that are kept in mind
_TOO_MANY, _SERVER = 429, 500
_LONGEST_PAUSE = 86_400  # seconds of a Retry-After that are believed


@dataclass(frozen=True)
class Answer:
    """What a carrier answered, below 500 and other than 429. Shape: `told` is its JSON, None if it was none."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def told(self) -> Any:  # noqa: ANN401  (JSON from outside: its reader looks at it)
        return inputs.parse_json(self.body, checks_text=False)


@lru_cache(maxsize=1)
def _pools() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=_PLACES, maxsize=_POOL, timeout=_TIMEOUT)


@lru_cache(maxsize=_PLACES)
def _place(url: str) -> tuple[urllib3.HTTPConnectionPool, str]:
    """Find a carrier's connections and what to ask there; the few addresses that there are come again and again."""
    parts = urlsplit(url)
    return _pools().connection_from_url(url), urlunsplit(("", "", parts.path or "/", parts.query, ""))


def ask(method: str, url: str, *, headers: Mapping[str, str], body: str = "", kind: str = JSON) -> Answer:
    """Send one request; never twice, and nowhere else: a text must not go out again.

    Errors: `Refused` when nothing left or the carrier asks for patience, `Lost` when no answer came or a server failed.
    """
    sent = {**headers, "Content-Type": kind}
    try:
        pool, target = _place(url)
        answer = pool.urlopen(method, target, body=body.encode(), headers=sent, redirect=False, retries=False)
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise Refused(Reason.PROVIDER_DOWN) from error
    except (HTTPError, OSError) as error:
        raise Lost("the answer did not come") from error
    if answer.status == _TOO_MANY:
        raise Refused(Reason.RATE_LIMITED, after=_span(answer.headers.get("Retry-After", "")), code="http-429")
    if answer.status >= _SERVER:
        raise Lost("the server failed", code=f"http-{answer.status}")
    return Answer(answer.status, answer.data, answer.headers)


def _span(text: str) -> timedelta | None:
    """Read the seconds of a Retry-After; an instant or nothing leaves it to us."""
    is_span = text.isascii() and text.isdigit() and len(text) < 6
    return timedelta(seconds=min(int(text), _LONGEST_PAUSE)) if is_span else None
