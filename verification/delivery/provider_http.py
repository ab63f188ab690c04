"""HTTP requests to providers: timeouts, one pool of connections, and what each kind of failure and status means."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from verification import inputs
from verification.delivery.declaring_error_codes import Fault, table
from verification.delivery.provider_interface import ResponseLost, SendRefused
from verification.models.messages import FailureReason

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_TIMEOUT = urllib3.Timeout(connect=2.0, read=8.0)  # seconds
_MAX_CONNECTIONS = 64  # to each provider, one per thread of a worker
_MAX_PLACES = 64  # providers' addresses in the cache
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500
_MAX_RETRY_AFTER = 86_400  # seconds; a longer Retry-After is cut to this

_UNSET = "the provider does not accept the request in this form: check the settings"
# Responses without a code of the provider. Source: RFC 9110, 15.5.
HTTP_ERROR_CODES = table(
    (
        Fault.ACCOUNT,
        FailureReason.PROVIDER_DOWN,
        {
            "http-401": "the account or its password is not accepted",
            "http-402": "the account has no credit left",
            "http-403": "the account may not do this, or is suspended",
            "http-404": "the address or the account is not known there",
            "http-405": _UNSET,
        },
    ),
    (Fault.LIMIT, FailureReason.RATE_LIMITED, {"http-429": "too many requests at once"}),
    (
        Fault.NETWORK,
        FailureReason.PROVIDER_DOWN,
        {
            "http-500": "the provider's server failed",
            "http-502": "the provider's server failed",
            "http-503": "the provider is out of service for now",
            "http-504": "the provider's server did not answer in time",
            "tls-certificate": "the certificate of the provider's server is not valid",
        },
    ),
)


@dataclass(frozen=True)
class ProviderResponse:
    """A provider's response with a status below 500 and other than 429. Shape: `json` is its body parsed, or None."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:  # noqa: ANN401  (JSON from outside: its reader looks at it)
        return inputs.parse_json(self.body, checks_text=False)


@lru_cache(maxsize=1)
def _pools() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=_MAX_PLACES, maxsize=_MAX_CONNECTIONS, timeout=_TIMEOUT)


@lru_cache(maxsize=_MAX_PLACES)
def _place(url: str) -> tuple[urllib3.HTTPConnectionPool, str]:
    """Return the connection pool and path of an address. The few addresses are cached."""
    parts = urlsplit(url)
    return _pools().connection_from_url(url), urlunsplit(("", "", parts.path or "/", parts.query, ""))


def ask(method: str, url: str, *, headers: Mapping[str, str], body: str = "", kind: str = JSON) -> ProviderResponse:
    """Send one request, without retries or redirects, because a text must not be sent twice.

    Errors: `SendRefused` if nothing was sent or the provider asks to slow down, `ResponseLost` if no response came or
    the server failed.
    """
    sent = {**headers, "Content-Type": kind}
    try:
        pool, target = _place(url)
        answer = pool.urlopen(method, target, body=body.encode(), headers=sent, redirect=False, retries=False)
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise SendRefused(FailureReason.PROVIDER_DOWN) from error
    except (HTTPError, OSError) as error:
        if isinstance(error, SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
            raise SendRefused(FailureReason.PROVIDER_DOWN, code="tls-certificate") from error
        raise ResponseLost("the answer did not arrive") from error
    if answer.status == _TOO_MANY_REQUESTS:
        raise SendRefused(
            FailureReason.RATE_LIMITED, after=_span(answer.headers.get("Retry-After", "")), code="http-429"
        )
    if answer.status >= _SERVER_ERROR:
        raise ResponseLost("the server failed", code=f"http-{answer.status}")
    return ProviderResponse(answer.status, answer.data, answer.headers)


def _span(text: str) -> timedelta | None:
    """Parse the seconds of a Retry-After header. A date or nothing leaves the delay to us."""
    is_span = text.isascii() and text.isdigit() and len(text) < 6
    return timedelta(seconds=min(int(text), _MAX_RETRY_AFTER)) if is_span else None
