"""A proof that is under way: between password and session, or inside one. It lives ten minutes and opens nothing."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from verification.models import Purpose

_KEY = "pending"
FORM = "request"  # the field of a form that names its proof
LIFE = timedelta(minutes=10)


def new_id() -> str:
    """Draw the secret that binds challenges to one proof under way. Shape: 32 base64url letters."""
    return secrets.token_urlsafe(24)


def _public(*secret: str) -> str:
    return hashlib.sha256("|".join(secret).encode()).hexdigest()[:20]


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A person who has yet to prove something: after the right password, or as a signed-in person for one action.

    Shape: `id` binds challenges to this sign-in; `has_proven_former` tells that a method was proven which the policy no
    longer allows: it opens the registration and nothing else.
    Units: `started` in seconds since 1970.
    """

    user_id: int
    epoch: int
    started: float
    purpose: str = Purpose.SIGN_IN
    is_first: bool = False
    next: str = ""
    handle: str = ""
    why: str = ""
    remember_days: int = 0
    has_proven_former: bool = False
    enrolment_id: int = 0
    n_set_up: int = 0
    id: str = field(default_factory=new_id)

    @property
    def is_proven(self) -> bool:
        """Tell whether a registration has proven its first method, so that it may end in a session."""
        return self.enrolment_id > 0

    @property
    def name(self) -> str:
        """Give a public name by which a form tells which proof it belongs to. It binds nothing."""
        return _public(self.id)

    @property
    def ticket(self) -> str:
        """Give the name of this very request, for forms that answer it."""
        return _public(self.id, self.handle)

    def with_(self, **changes: Any) -> "Pending":
        return replace(self, **changes)


def keep(request: HttpRequest, pending: Pending) -> Pending:
    """Write the state into the session."""
    request.session[_KEY] = asdict(pending)
    return pending


def is_kept(request: HttpRequest) -> bool:
    """Tell whether there is a state, be it over."""
    return _KEY in request.session


def next_url(request: HttpRequest) -> str:
    """Give the page that a proof leads on to, even when its time is over."""
    kept: Mapping[str, Any] = request.session.get(_KEY) or {}
    return str(kept.get("next", ""))


def whose(request: HttpRequest) -> int | None:
    """Give whose proof is under way, be it over."""
    kept: Mapping[str, Any] = request.session.get(_KEY) or {}
    return kept.get("user_id")


def read(request: HttpRequest, *, now: datetime) -> Pending | None:
    """Read the state; one that is over, or that another release kept, is wiped."""
    kept: Mapping[str, Any] | None = request.session.get(_KEY)
    if kept is None:
        return None
    is_known = set(kept) == {each.name for each in fields(Pending)}
    if not is_known or now.timestamp() - kept["started"] > LIFE.total_seconds():
        wipe(request)
        return None
    return Pending(**kept)


def is_stale(request: HttpRequest, pending: Pending) -> bool:
    """Tell whether a form stood on a page of another proof: of somebody else, or of a request that was replaced."""
    shown = request.POST.get(FORM, "")
    return shown not in {"", pending.name, pending.ticket}


def wipe(request: HttpRequest) -> None:
    """Leave the half signed-in state."""
    request.session.pop(_KEY, None)
