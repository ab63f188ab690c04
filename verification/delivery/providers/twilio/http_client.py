"""Twilio's client, on the connection pool that all providers share."""

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3
from twilio.http import HttpClient
from twilio.http.response import Response

from verification.delivery import provider_http
from verification.delivery.provider_interface import SendRefused
from verification.models.messages import FailureReason

from . import conf

if TYPE_CHECKING:
    from twilio.rest import Client


def client() -> "Client":
    """Return the client of the configured account. It keeps its connections open."""
    here = conf.read()
    if not here.is_complete:
        raise SendRefused(FailureReason.PROVIDER_DOWN)
    return _client(here.account, here.tokens[0], here.base_url)


@lru_cache(maxsize=4)
def _client(account: str, token: str, base_url: str) -> "Client":
    from twilio.rest import Client  # noqa: PLC0415  (saves 15 MiB in processes that never send)

    return Client(account, token, http_client=_Pooled(base_url))


class _Pooled(HttpClient):  # type: ignore[misc]  # the library's types are partial
    """Sends the library's requests through our pool, which tells a certain refusal from a lost response."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
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
        sent = {**(headers or {}), **(urllib3.make_headers(basic_auth=":".join(auth)) if auth else {})}
        body = urlencode(data or {}, doseq=True)
        answer = provider_http.ask(
            method, _address(uri, params, self._base_url), headers=sent, body=body, kind=provider_http.FORM
        )
        return Response(answer.status, answer.body.decode(errors="replace"), dict(answer.headers))


def _address(uri: str, params: dict[str, object] | None, base_url: str) -> str:
    """Return the address to ask: Twilio's own, or the same path at the configured one."""
    base, asked = urlsplit(base_url), urlsplit(uri)
    query = urlencode(params, doseq=True) if params else asked.query
    return urlunsplit((base.scheme, base.netloc, f"{base.path.rstrip('/')}{asked.path}", query, ""))
