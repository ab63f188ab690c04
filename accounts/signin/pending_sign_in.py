"""State of a verification in progress, kept in the session for ten minutes. It grants no access.

It covers the time between password and second step, and re-authentication within a session.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import IntegrityError
from django.http import HttpRequest

from accounts.sessions import session_store
from accounts.sessions.session_store import SessionStore
from verification.models import Challenge, Purpose

_KEY = "pending"
FORM = "request"  # form field that names the verification it belongs to
LIFE = timedelta(minutes=10)


def new_id() -> str:
    """Return a random secret that binds challenges to one verification. Shape: 32 base64url characters."""
    return secrets.token_urlsafe(24)


def _public(*secret: str) -> str:
    return hashlib.sha256("|".join(secret).encode()).hexdigest()[:20]


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A user who still has to verify: after a correct password, or while signed in, for one action.

    Shape: `id` binds challenges to this verification. `has_proven_former` means that the user verified a method that
    policy no longer allows, which opens registration and nothing else. `step_up` is the text that `StepUp.signed` made,
    if an application asked.
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
    step_up: str = ""
    id: str = field(default_factory=new_id)

    @property
    def is_proven(self) -> bool:
        """Whether the user has verified a first method during registration, so that they can be signed in."""
        return self.enrolment_id > 0

    @property
    def started_at(self) -> datetime:
        """When it began, which is when a sign-in's password was correct."""
        return datetime.fromtimestamp(self.started, tz=UTC)

    @property
    def name(self) -> str:
        """A public name by which a form says which verification it belongs to. It is not a secret."""
        return _public(self.id)

    @property
    def ticket(self) -> str:
        """A public name of the current challenge, for forms that answer it."""
        return _public(self.id, self.handle)

    def with_(self, **changes: Any) -> "Pending":
        return replace(self, **changes)


def keep(request: HttpRequest, pending: Pending, *, challenge: Challenge | None = None) -> Pending:
    """Store the state in the session, without the fields that have their default: every sign-in writes it.

    `challenge` is the challenge that the state names, if this request issued it.
    """
    kept = asdict(pending)
    request.session[_KEY] = {name: value for name, value in kept.items() if _DEFAULTS.get(name) != value}
    session_store.set_challenge(request.session, challenge)
    return pending


_DEFAULTS = {each.name: each.default for each in fields(Pending)}
_ALWAYS = {"user_id", "epoch", "started", "id"}


def is_kept(request: HttpRequest) -> bool:
    """Return whether there is a state, even an expired one."""
    return _KEY in request.session


def next_url(request: HttpRequest) -> str:
    """Return the page that follows the verification, even if its time is over."""
    kept: Mapping[str, Any] = request.session.get(_KEY) or {}
    return str(kept.get("next", ""))


def whose(request: HttpRequest) -> int | None:
    """Return the id of the user whose verification is in progress, even if its time is over."""
    kept: Mapping[str, Any] = request.session.get(_KEY) or {}
    return kept.get("user_id")


def read(request: HttpRequest, *, now: datetime) -> Pending | None:
    """Return the state. One that has expired, or that another release wrote, is deleted."""
    kept: Mapping[str, Any] | None = request.session.get(_KEY)
    if kept is None:
        return None
    is_known = _ALWAYS <= set(kept) <= set(_DEFAULTS)
    if not is_known or now.timestamp() - kept["started"] > LIFE.total_seconds():
        wipe(request)
        return None
    return Pending(**kept)


def is_stale(request: HttpRequest, pending: Pending) -> bool:
    """Return whether a form came from the page of another verification: of another user, or one since replaced."""
    shown = request.POST.get(FORM, "")
    return shown not in {"", pending.name, pending.ticket}


def wipe(request: HttpRequest) -> None:
    """Delete the state."""
    request.session.pop(_KEY, None)
    session_store.set_challenge(request.session, None)


def forget_changes(request: HttpRequest) -> None:
    """Forget all that this request put into its session. It is read again when it is needed."""
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))


@contextmanager
def undone_on_failure(request: HttpRequest) -> Iterator[None]:
    """Forget all that this request put into its session, if the transaction that it belongs to fails.

    Errors: `SessionInterrupted`, which has a page of its own, if the person was erased at the same time.
    """
    try:
        yield
    except Exception as error:
        forget_changes(request)
        if isinstance(error, IntegrityError):
            raise SessionInterrupted from error
        raise
