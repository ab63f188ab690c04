"""Reads from a stored session who is signed in and what they verified, without a query. Forward-auth needs it."""

from datetime import datetime
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.sessions import session_assurance
from accounts.sessions.session_assurance import AuthenticationContext
from accounts.sessions.session_store import BACKEND, SessionStore


def of_data(stored: str, user: User, *, ref: str, now: datetime) -> AuthenticationContext | None:
    """Return the authentication in the data of a session, or None if it doesn't count for this person. No statement."""
    data: dict[str, Any] = SessionStore().decode(stored)
    if data.get(SESSION_KEY) != str(user.pk) or data.get(BACKEND_SESSION_KEY) != BACKEND:
        return None
    return session_assurance.read(data, user, ref=ref, now=now) if _has_password_of(data, user) else None


def _has_password_of(data: dict[str, Any], user: User) -> bool:
    """Return whether the password is still the one that the session began with, as Django's `get_user` does."""
    shown = str(data.get(HASH_SESSION_KEY, ""))
    expected = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(shown, each) for each in expected)
