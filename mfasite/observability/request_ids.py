"""Request and message ids for log lines, passed from the web process to the worker."""

import re
import secrets
from contextvars import ContextVar
from typing import Any

_GIVEN = re.compile(r"[\w.:-]{8,64}", re.ASCII)

request_id: ContextVar[str] = ContextVar("request_id", default="")
message_id: ContextVar[str] = ContextVar("message_id", default="")


def begin(given: str) -> str:
    """Set the request id: the proxy's, if it is well formed, or a new one. Shape: 16 hex digits for ours."""
    name = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
    request_id.set(name)
    return name


def carry(headers: dict[str, Any]) -> None:
    """Add the request id to a task's headers."""
    if name := request_id.get():
        headers["request_id"] = name


def take_up(name: str, kwargs: dict[str, Any]) -> None:
    """Set the request id that a task carries, and the id of its message."""
    request_id.set(name if _GIVEN.fullmatch(name) else "")
    message = kwargs.get("message_id")
    message_id.set(f"m{message}" if message else "")
