"""Vonage's client over the connection pool that all providers share."""

import json
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from verification.delivery import provider_http
from verification.delivery.provider_interface import SendRefused, refusal
from verification.models.messages import FailureReason

from . import conf, error_codes

if TYPE_CHECKING:
    from vonage_messages import Messages
    from vonage_voice import Voice

_FIRST_ERROR = 400
_TOKEN_SECONDS = 300  # for which a token is used; the library lets it live 900


def messages() -> "Messages":
    """Return the client for texts."""
    return _client(conf.read())[0]


def voice() -> "Voice":
    """Return the client for calls."""
    return _client(conf.read())[1]


def _client(here: conf.Conf) -> "tuple[Messages, Voice]":
    if not here.is_complete:
        raise SendRefused(FailureReason.PROVIDER_DOWN)
    return _clients(here.application, here.private_key, here.base_url)


@lru_cache(maxsize=4)
def _clients(application: str, private_key: str, base_url: str) -> "tuple[Messages, Voice]":
    from vonage_http_client import Auth, HttpClient  # noqa: PLC0415  (saves 16 MiB in processes that never send)
    from vonage_messages import Messages  # noqa: PLC0415  (saves 16 MiB in processes that never send)
    from vonage_voice import Voice  # noqa: PLC0415  (saves 16 MiB in processes that never send)

    class Pooled(HttpClient):  # type: ignore[misc]  # it comes without types
        """Sends the library's requests through our pool: the library's own repeats one whose response was cut off."""

        def make_request(
            self, request_type: str, host: str, request_path: str = "", params: Any = None, *_: Any
        ) -> dict[str, Any]:
            headers = {
                "Accept": provider_http.JSON,
                "User-Agent": self.user_agent,
                "Authorization": self._bearer(),
            }
            body = "" if request_type == "GET" else json.dumps(params)
            answer = provider_http.ask(request_type, f"{base_url}{request_path}", headers=headers, body=body)
            if answer.status >= _FIRST_ERROR:
                raise _refusal(answer)
            return dict(answer.json)

        def _bearer(self) -> str:
            return _token(self.auth, int(time.time()) // _TOKEN_SECONDS)

    client = Pooled(Auth(application_id=application, private_key=private_key))
    return Messages(client), Voice(client)


@lru_cache(maxsize=4)
def _token(auth: Any, turn: int) -> str:
    """Return a token signed with the private key, once in five minutes: it costs more than the rest of a message."""
    return str(auth.create_jwt_auth_string().decode())


def _refusal(answer: provider_http.ProviderResponse) -> SendRefused:
    """Return why nothing was taken."""
    told = answer.json if isinstance(answer.json, dict) else {}
    code = code_of(told) or f"http-{answer.status}"
    wrong = told.get("invalid_parameters")
    names = [str(each.get("name", "")) for each in wrong if isinstance(each, dict)] if isinstance(wrong, list) else []
    if any(name == "to" or name.startswith("to[") for name in names):
        return SendRefused(FailureReason.INVALID_NUMBER, permanent=True, code=code)
    return refusal(code, error_codes.CODES)


def code_of(error: Any) -> str:
    """Read the number of an error, which is in its title or at the end of its type; empty if there is none."""
    if not isinstance(error, dict):
        return ""
    found = (str(error.get("title", "")), str(error.get("type", "")).rpartition("#")[2])
    numbers = [text for text in found if text.isascii() and text.isdigit() and len(text) < 6]
    return next((number for number in numbers if number in error_codes.CODES), next(iter(numbers), ""))
