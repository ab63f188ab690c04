"""Reads the facts of a session: of a request, or of a session's key with one statement and no write."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from accounts import session_assurance
from accounts.models import Session, User
from accounts.session_assurance import SessionFacts
from accounts.sessions import BACKEND, SessionStore, name_in, row_key
from verification.db.compiled_queries import BindParam, Select

MAX_KEY_LENGTH = 64
_READ = Select(
    lambda: Session.objects.select_related("user").filter(
        ref=BindParam("ref"), session_key=BindParam("key"), expire_date__gt=BindParam("now"), user__isnull=False
    )
)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person who is signed in, and the facts of their session."""

    user: User
    facts: SessionFacts


def of_session_key(key: str, now: datetime) -> SignedIn | None:
    """Return who is signed in with a session key, or None in any doubt. One statement, no write.

    It accepts what `AuthenticationMiddleware` and `StandingMiddleware` accept together, except that a session which
    skipped the second step is checked against the policy by `of_person`.
    """
    if not key or len(key) > MAX_KEY_LENGTH or not key.isascii() or not key.isalnum():
        return None
    row = _READ.first(ref=name_in(key), key=row_key(key), now=now)
    if row is None or row.user is None:
        return None
    facts = of_data(row.session_data, row.user, ref=row.ref, now=now)
    return None if facts is None else SignedIn(user=row.user, facts=facts)


def of_data(stored: str, user: User, *, ref: str, now: datetime) -> SessionFacts | None:
    """Return the facts in the stored data of a session, or None if it doesn't count for this person. No statement."""
    data: dict[str, Any] = SessionStore().decode(stored)
    if data.get(SESSION_KEY) != str(user.pk) or data.get(BACKEND_SESSION_KEY) != BACKEND:
        return None
    return session_assurance.read(data, user, ref=ref, now=now) if _has_password_of(data, user) else None


def _has_password_of(data: dict[str, Any], user: User) -> bool:
    """Return whether the password is still the one that the session began with, as Django's `get_user` does."""
    shown = str(data.get(HASH_SESSION_KEY, ""))
    expected = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(shown, each) for each in expected)
