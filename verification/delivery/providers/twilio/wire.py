"""The twilio client over our own pool of connections, which tells a certain refusal from a lost answer."""

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3
from twilio.http import HttpClient
from twilio.http.response import Response
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from verification.delivery.provider import Lost, Refused
from verification.models.messages import Reason

from . import conf

if TYPE_CHECKING:
    from twilio.rest import Client

_TIMEOUT = urllib3.Timeout(connect=2.0, read=8.0)  # seconds
_TOO_MANY = 429
_POOL = 64  # connections kept, one for each thread of a worker


def client() -> "Client":
    """Give the client of the configured account; it keeps its connections."""
    here = conf.read()
    if not here.is_complete:
        raise Refused(Reason.PROVIDER_DOWN)
    return _client(here.account, here.tokens[0], here.base_url)


@lru_cache(maxsize=4)
def _client(account: str, token: str, base_url: str) -> "Client":
    from twilio.rest import Client  # noqa: PLC0415 - 15 MiB that a process which never sends is spared

    return Client(account, token, http_client=_Pooled(base_url))


class _Pooled(HttpClient):  # type: ignore[misc]  # the library's types are partial
    """Sends the library's requests over urllib3. Never repeats one: a text must not go out twice."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._pool = urllib3.PoolManager(maxsize=_POOL, timeout=_TIMEOUT, retries=False)
        self.is_async = False
        self.timeout = None

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        sent = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
        if auth:
            sent |= urllib3.make_headers(basic_auth=":".join(auth))
        body = urlencode(data or {}, doseq=True)
        try:
            answer = self._pool.request(
                method, _address(uri, params, self._base_url), body=body, headers=sent, redirect=False
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise Refused(Reason.PROVIDER_DOWN) from error
        except (HTTPError, OSError) as error:
            raise Lost("the answer did not come") from error
        if answer.status == _TOO_MANY:
            # The library forgets the headers of an error, and with them how long we are to wait.
            raise Refused(Reason.RATE_LIMITED, after=_span(answer.headers.get("Retry-After", "")))
        return Response(answer.status, answer.data.decode(errors="replace"), dict(answer.headers))


def _span(text: str) -> timedelta | None:
    """Read the seconds of a Retry-After; an instant or nothing leaves it to us."""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _address(uri: str, params: dict[str, object] | None, base_url: str) -> str:
    """Give the address to ask: Twilio's own, or the same path at the configured one."""
    base, asked = urlsplit(base_url), urlsplit(uri)
    query = urlencode(params, doseq=True) if params else asked.query
    return urlunsplit((base.scheme, base.netloc, f"{base.path.rstrip('/')}{asked.path}", query, ""))
