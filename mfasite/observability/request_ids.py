"""What a line of the log belongs to: the request that began it and the message it is about, through web and worker."""

import re
import secrets
from contextvars import ContextVar
from typing import Any

_GIVEN = re.compile(r"[\w.:-]{8,64}", re.ASCII)

request_id: ContextVar[str] = ContextVar("request_id", default="")
message_id: ContextVar[str] = ContextVar("message_id", default="")


def begin(given: str) -> str:
    """Name a request, as the proxy in front named it if that is a name. Shape: 16 hex digits of our own."""
    name = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
    request_id.set(name)
    return name


def carry(headers: dict[str, Any]) -> None:
    """Give a wake-up the name of the request that causes it."""
    if name := request_id.get():
        headers["request_id"] = name


def take_up(name: str, kwargs: dict[str, Any]) -> None:
    """Go on in a worker under the name that a wake-up carries."""
    request_id.set(name if _GIVEN.fullmatch(name) else "")
    message = kwargs.get("message_id")
    message_id.set(f"m{message}" if message else "")
