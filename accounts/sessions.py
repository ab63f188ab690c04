"""The session store: Django's, but the database holds a digest of each key, and never the key of a cookie.

A change of key is one guarded update, and a new row needs no look before.
"""

import base64
import hashlib
import secrets
from contextlib import nullcontext
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit_events
from accounts.models import Session, User
from verification import audit
from verification.context import Context
from verification.db import row_locks
from verification.db.compiled_queries import BindParam, Insert, Select, Update

PLACE = "place"  # where a session keeps what program and network it was made from


_COLUMNS = ("session_key", "session_data", "expire_date", "user_id", "agent", "network")
_READ = Select(lambda: Session.objects.filter(session_key=BindParam("key"), expire_date__gt=BindParam("now")))
_ADD = Insert(Session)
_WRITE = Update(
    lambda: (Session.objects.filter(session_key=BindParam("key")), {name: BindParam(name) for name in _COLUMNS})
)


def row_key(key: str) -> str:
    """Give the key under which the row of a session stands, so that who reads the database can use no session.

    Shape: 40 hex digits, as long as Django's column takes. Source: ASVS 5.0, 7.2.3: the key has 160 random bits, so a
    plain digest is enough.
    """
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Sessions in the database. `cycle_key` renames the row when it is saved: the old key is dead from then on."""

    _former_key: str | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        row.session_key = row_key(row.session_key)
        row.user_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        place = data.get(PLACE) or {}
        row.agent, row.network = place.get("agent", ""), place.get("network", "")
        return row

    def _get_session_from_db(self) -> Session | None:
        row = _READ.first(key=row_key(self.session_key or ""), now=timezone.now())
        if row is None:
            self._session_key = None
        return row

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Sign it, but do not compress what is a few hundred bytes: that would take longer than to write it."""
        return signing.dumps(session_dict, salt=self.key_salt, serializer=self.serializer)

    def _get_new_session_key(self) -> str:
        """Draw a key without asking whether it exists: of 2**160 none comes twice, and the insert would refuse it."""
        return base64.b32encode(secrets.token_bytes(20)).decode().lower()

    def cycle_key(self) -> None:
        self._get_session()  # type: ignore[attr-defined]  # not in the stubs; a key counts once its row was read
        self.modified = True
        if self.session_key is None:
            return  # a new row draws its key when it is saved
        self._former_key = self._former_key or self.session_key
        self._session_key = self._get_new_session_key()

    def save(self, must_create: bool = False) -> None:
        """Write the session by one statement.

        Errors: `UpdateError` when it was ended meanwhile; the middleware answers that in words.
        """
        if self.session_key is None:
            self.create()
            return
        row = self.create_model_instance(self._get_session(no_load=must_create))  # type: ignore[attr-defined]  # not in the stubs
        if must_create:
            self._insert(row)
            return
        values = {name: getattr(row, name) for name in _COLUMNS}
        key = row_key(self._former_key) if self._former_key else row.session_key
        try:
            is_written = _WRITE.run(key=key, **values)
        except IntegrityError as error:
            raise UpdateError from error  # the person was erased meanwhile
        if not is_written:
            raise UpdateError
        self._former_key = None

    def delete(self, session_key: str | None = None) -> None:
        """End the session, under the key that its row has: a change of key may not be saved yet."""
        key = session_key or self._former_key or self.session_key
        if session_key is None:
            self._former_key = None
        if key:
            Session.objects.filter(session_key=row_key(key)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Remove the sessions that are over, locked in the order of everybody who ends many."""
        with transaction.atomic():
            row_locks.in_order(Session.objects.filter(expire_date__lt=timezone.now())).delete()

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=row_key(session_key)).exists()

    @property
    def former_key(self) -> str | None:
        """The key under which the row still stands until the new one is saved."""
        return self._former_key

    def _insert(self, row: Session) -> None:
        # Alone, the insert is a transaction by itself; inside another one, a key that exists must not spoil that.
        guard = transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()
        try:
            with guard:
                _ADD.run(row)
        except IntegrityError as error:
            if row.user_id is not None and not User.objects.filter(pk=row.user_id).exists():
                raise UpdateError from error  # no other key would help
            raise CreateError from error


def keys_of(session: SessionBase) -> list[str]:
    """Give the keys of the rows that are one session's: the present one, and the one that its row still has."""
    keys = (session.session_key, session.former_key if isinstance(session, SessionStore) else None)
    return [row_key(key) for key in keys if key]


def own(user: User, ref: str) -> Session | None:
    """Find one of a person's sign-ins by its public name."""
    return next((session for session in Session.objects.filter(user=user) if session.ref == ref), None)


def end_own(session: Session, user: User, context: Context) -> None:
    """End one sign-in, as the person themselves asks."""
    with transaction.atomic():
        session.delete()
        audit.record(audit_events.SESSIONS_ENDED, user_id=user.pk, context=context, n_sessions=1)


def end_all(user: User) -> int:
    """End all sign-ins of a person. Returns how many. Inside the transaction that records it."""
    return row_locks.in_order(Session.objects.filter(user=user)).delete()[0]
