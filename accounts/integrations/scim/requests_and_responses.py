"""What a SCIM request brings, and what is answered: plain values, so that no part below a view sees a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verification.context import Context

CONTENT_TYPE = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass(frozen=True, kw_only=True)
class IncomingScimRequest:
    """One request. Shape: `path` are the parts of the address below `base`, which ends without a slash."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    content_type: str
    body: bytes
    base: str
    context: Context

    @property
    def now(self) -> datetime:
        """Return when it came."""
        return self.context.now


@dataclass(frozen=True, kw_only=True)
class ScimResponse:
    """What is answered. Shape: `problem` and `ignored` are for our own log: a word, and names of attributes."""

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    ignored: tuple[str, ...] = ()


def error(status: int, detail: str, scim_type: str = "", *, problem: str = "", **headers: str) -> ScimResponse:
    """Return an error as clients expect it: the status as text, and a keyword where there is one. RFC 7644, 3.12."""
    body = {"schemas": [ERROR], "status": str(status), **({"scimType": scim_type} if scim_type else {})}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ScimResponse(status=status, body={**body, "detail": detail}, headers=named, problem=problem or scim_type)
