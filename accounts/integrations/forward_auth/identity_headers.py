"""The headers that tell an application behind a proxy who its visitor is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from accounts.models import User

# What proxies must remove from a visitor's request, in both spellings: `deploy/` does it for each of them.
HEADERS = (
    "Remote-User",
    "Remote-Name",
    "Remote-Email",
    "Remote-Groups",
    "Remote-Acr",
    "Remote-Auth-Time",
    "Remote-Session",
)
_PLAIN = "!#$&'*+-./:;=?@^_`{|}~ ()[]"  # not percent-encoded, beside letters and digits. A comma parts groups.
_MAX_GROUPS_LENGTH = 3000  # characters: proxies and applications refuse long headers


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who a visitor is, and how they were verified."""

    user: User
    groups: tuple[str, ...]
    acr: str
    auth_time: datetime | None
    session_ref: str

    def headers(self) -> dict[str, str]:
        """Return the headers. Shape: UTF-8, percent-encoded where it is not ASCII; groups are separated by commas."""
        values = (
            _encoded(self.user.username),
            _encoded(self.user.get_full_name()),
            _encoded(self.user.email),
            _joined(self.groups),
            self.acr,
            str(int(self.auth_time.timestamp())) if self.auth_time else "",
            self.session_ref,
        )
        return dict(zip(HEADERS, values, strict=True))


def _encoded(text: str) -> str:
    return quote(text, safe=_PLAIN)


def _joined(names: Iterable[str]) -> str:
    """Join the names of groups, as many as fit."""
    found = ""
    for name in sorted(names):
        longer = f"{found},{_encoded(name)}" if found else _encoded(name)
        if len(longer) > _MAX_GROUPS_LENGTH:
            break
        found = longer
    return found
