"""Session store: Django's database store, but the table contains a digest of each session key instead of the key.

Changing a key is one guarded UPDATE. Creating a session needs no query to check that the key is free.
"""

import base64
import hashlib
import logging
import secrets
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import applications
from accounts.models import Session, User
from verification.db import batched_writes
from verification.db.batched_writes import KeyOf, Rows
from verification.db.compiled_queries import BindParam, Insert, Select, Update
from verification.models import Challenge, Enrolment

BACKEND = "accounts.backends.RightsBackend"  # signs people in, and no other one does
_BATCH = 500  # expired sessions deleted in one transaction
# Without a user: longer than any verification, so that a page can still say that it took too long, and where to go on.
_HALF_SIGNED_IN_LIFE = timedelta(hours=1)
PLACE = "place"  # session key: the browser and network that created it


_COLUMNS = ("session_key", "session_data", "expire_date", "user_id", "agent", "network", "challenge_id")
_ROW = {"ref": BindParam("ref"), "session_key": BindParam("key")}
_READ = Select(lambda: Session.objects.filter(**_ROW, expire_date__gt=BindParam("now")))
_READ_WITH_CHALLENGE = Select(
    lambda: Session.objects.select_related("challenge__enrolment", "challenge__user").filter(
        **_ROW, expire_date__gt=BindParam("now")
    )
)
_ADD = Insert(Session)
_WRITE = Update(lambda: (Session.objects.filter(**_ROW), {name: BindParam(name) for name in _COLUMNS}))


# Names that many sessions contain, and how they are stored: each sign-in writes them twice.
_STORED_NAMES = {
    SESSION_KEY: "u",
    HASH_SESSION_KEY: "h",
    DEVICE_ID_SESSION_KEY: "d",
    "assurance": "a",
    "pending": "p",
    PLACE: "w",
}
_NAMES = {stored: name for name, stored in _STORED_NAMES.items()}
_DEVICES = f"{Enrolment.model_label()}/"  # how django-otp's name of an enrolment begins

_NAME_LENGTH = 32


def name_in(key: str) -> str:
    """Return the public name of a session, with which its key begins."""
    return key[:_NAME_LENGTH]


def row_key(key: str) -> str:
    """Return the digest of a session's key. Anyone who reads the table cannot use it to take over a session.

    Shape: 27 base64url characters (160 bits).
    Source: ASVS 5.0, 7.2.3. The key has 160 random bits, so a plain digest is enough.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()[:20]).decode().rstrip("=")


def _key_of(name: str) -> str:
    """Return a new key for the session of this name. Shape: 64 letters and digits."""
    return name + base64.b32encode(secrets.token_bytes(20)).decode().lower()


def _rows(key: str) -> QuerySet[Session]:
    return Session.objects.filter(ref=name_in(key), session_key=row_key(key))


class SessionStore(DatabaseStore):
    """Sessions in the database. `cycle_key` changes the key on the next save; the old one is invalid from then on."""

    _former_key: str | None = None
    _row: Session | None = None  # as it was read or created
    _kept: bytes | None = None  # what `keep` has written
    _is_new = False  # `keep` has made a row, and its transaction is not over
    _loads_challenge = False
    _challenge: Challenge | None = None  # of the verification in progress, if it was read or issued
    _is_challenge_unused = False  # `_challenge` was read with the session and has not been taken yet

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        row.ref, row.session_key = name_in(row.session_key), row_key(row.session_key)
        row.user_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        if row.user_id is None:
            row.expire_date = min(row.expire_date, timezone.now() + _HALF_SIGNED_IN_LIFE)
        if self._row is not None and row.user_id is not None and self._row.user_id == row.user_id:
            row.expire_date = self._row.expire_date  # set at sign-in: nothing written later prolongs it
        place = data.get(PLACE) or {}
        row.agent, row.network = place.get("agent", ""), place.get("network", "")
        row.challenge = self._challenge
        return row

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        read = _READ_WITH_CHALLENGE if self._loads_challenge else _READ
        row = read.first(ref=name_in(key), key=row_key(key), now=timezone.now())
        if row is None:
            self._session_key = None
        self._row = row
        self._challenge = row.challenge if row is not None and self._loads_challenge else None
        self._is_challenge_unused = self._challenge is not None
        return row

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Sign without compressing: for a few hundred bytes, compression takes longer than the write itself.

        The text is not encoded in base64, which would make it a third longer. What has a column of its own is left out,
        and so are the backend and the kind of device, because there is only one of each.
        """
        place = session_dict.get(PLACE)
        kept = {**session_dict, PLACE: {"network": place["network"]}} if place else dict(session_dict)
        if kept.get(BACKEND_SESSION_KEY) == BACKEND:
            del kept[BACKEND_SESSION_KEY]
        if DEVICE_ID_SESSION_KEY in kept:
            kept[DEVICE_ID_SESSION_KEY] = kept[DEVICE_ID_SESSION_KEY].removeprefix(_DEVICES)
        stored = {_STORED_NAMES.get(name, name): value for name, value in kept.items()}
        return self._signer.sign(self.serializer().dumps(stored).decode("latin-1"))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Read what `encode` wrote. Data with another signature is an empty session."""
        try:
            stored: dict[str, Any] = self.serializer().loads(self._signer.unsign(str(session_data)).encode("latin-1"))
        except signing.BadSignature:
            logging.getLogger("django.security.SuspiciousSession").warning("Session data corrupted")
            return {}
        found = {_NAMES.get(name, name): value for name, value in stored.items()}
        device = found.get(DEVICE_ID_SESSION_KEY, "/")
        if "/" not in device:
            found[DEVICE_ID_SESSION_KEY] = f"{_DEVICES}{device}"
        return {BACKEND_SESSION_KEY: BACKEND, **found} if SESSION_KEY in found else found

    @property
    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=self.key_salt)

    def load(self) -> dict[str, Any]:
        found: dict[str, Any] = super().load()
        if PLACE in found and self._row is not None:
            found[PLACE] = {"agent": self._row.agent, **found[PLACE]}
        return found

    def _get_new_session_key(self) -> str:
        """Return a new key without checking that it is free: its name and its 160 secret bits do not repeat.

        The name begins with the time in seconds: so new ones are beside each other in the index, which stays smaller.
        """
        name = f"{int(timezone.now().timestamp()):08x}"
        return _key_of(name + secrets.token_hex((_NAME_LENGTH - len(name)) // 2))

    def cycle_key(self) -> None:
        self._get_session()  # type: ignore[attr-defined]  # not in the stubs; a key is valid only if its row was found
        self.modified = True
        if self.session_key is None:
            return  # a new session gets its key when it is saved
        self._former_key = self._former_key or self.session_key
        self._session_key = _key_of(name_in(self.session_key))

    def keep(self) -> None:
        """Write the session now, with the other writes of the block that the caller is in.

        The middleware writes it once more only if it changes afterwards. If the block fails, it can be kept again.

        Errors: `SessionInterrupted`, when the block ends, if the session has ended since.
        """
        if self.session_key is None:
            self._session_key = self._get_new_session_key()
            self._is_new = True
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]  # not in the stubs
        if self._is_new:
            _ADD.later(row)
            self._row = row
        else:
            key = row_key(self._former_key) if self._former_key else row.session_key
            _WRITE.later(_found, ref=row.ref, key=key, **_values(row))
        self.modified = True  # the middleware sends the cookie
        self._kept = self._content()
        transaction.on_commit(self._settle)

    def _content(self) -> bytes:
        return self.serializer().dumps(self._get_session())  # type: ignore[attr-defined,no-any-return]  # not in the stubs

    def _settle(self) -> None:
        self._former_key, self._is_new = None, False

    def save(self, must_create: bool = False) -> None:
        """Write the session with one statement, unless it is as `keep` has written it.

        Errors: `UpdateError` if the session has ended since; the session middleware turns that into a page.
        """
        if self._kept is not None and self._kept == self._content():
            return
        if self.session_key is None:
            self.create()
            return
        row = self.create_model_instance(self._get_session(no_load=must_create))  # type: ignore[attr-defined]  # not in the stubs
        if must_create:
            self._insert(row)
            return
        key = row_key(self._former_key) if self._former_key else row.session_key
        try:
            is_written = _WRITE.run(ref=row.ref, key=key, **_values(row))
        except IntegrityError as error:
            raise UpdateError from error  # the user was erased since
        if not is_written:
            raise UpdateError
        self._former_key = None

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session's row by the key it still has: a key change may not have been saved yet."""
        key = session_key or self._former_key or self.session_key
        if session_key is None:
            self._former_key = self._row = None
        if key:
            applications.delete_sessions(_rows(key), "session-over")

    @property
    def ref(self) -> str:
        """The session's public name, which stays when its key changes; empty before the session is saved."""
        self._get_session()  # type: ignore[attr-defined]  # not in the stubs; reads the row
        return self._row.ref if self._row is not None else ""

    def load_with_challenge(self) -> None:
        """Read the session's challenge together with the session. Call this before the session is read."""
        self._loads_challenge = True

    def set_challenge(self, challenge: Challenge | None) -> None:
        """Record the challenge of the verification in progress, so that the next request reads it with the session."""
        self._get_session()  # type: ignore[attr-defined]  # not in the stubs; reading the row later would undo it
        self._challenge, self._is_challenge_unused = challenge, False

    def take_challenge(self) -> Challenge | None:
        """Return the challenge that was read with the session, once: later in the request it may have changed."""
        self._get_session()  # type: ignore[attr-defined]  # not in the stubs; reads the row
        found = self._challenge if self._is_challenge_unused else None
        self._is_challenge_unused = False
        return found

    @classmethod
    def clear_expired(cls) -> None:
        """Delete expired sessions in batches, each from where the last one ended, and what they opened elsewhere."""
        expired, last = Session.objects.filter(expire_date__lt=timezone.now()), ""
        while refs := list(expired.filter(ref__gt=last).order_by("ref").values_list("ref", flat=True)[:_BATCH]):
            last = refs[-1]
            applications.delete_sessions(expired.filter(ref__in=refs), "expired")

    def exists(self, session_key: str) -> bool:
        return _rows(session_key).exists()

    def _insert(self, row: Session) -> None:
        # Outside a transaction, the insert needs none. Inside one, a duplicate key must not break it.
        guard = transaction.atomic() if transaction.get_connection().in_atomic_block else nullcontext()
        try:
            with guard:
                _ADD.run(row)
            self._row = row
        except IntegrityError as error:
            if row.user_id is not None and not User.objects.filter(pk=row.user_id).exists():
                raise UpdateError from error  # the user is gone, so another key would not help
            raise CreateError from error


def _values(row: Session) -> dict[str, Any]:
    """Return the column values of a session. Its challenge may be a row that the same block inserts."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    if row.challenge is not None and batched_writes.is_waiting(row.challenge):
        values["challenge_id"] = KeyOf(row.challenge)
    return values


def _found(rows: Rows) -> None:
    if not rows:
        raise SessionInterrupted(_GONE)


_GONE = "The session ended before the request was completed, for example by a sign-out in another tab."


def ref_of(session: SessionBase) -> str:
    """Return the public name of a request's session."""
    return cast("SessionStore", session).ref


def keep(session: SessionBase) -> None:
    """Write a request's session now, with the other writes of the block that the caller is in."""
    cast("SessionStore", session).keep()


def load_with_challenge(session: SessionBase) -> None:
    """Read a session's challenge together with it, in one statement. Call this before the session is read."""
    cast("SessionStore", session).load_with_challenge()


def set_challenge(session: SessionBase, challenge: Challenge | None) -> None:
    """Record the challenge of a session's verification in progress, if it is known."""
    cast("SessionStore", session).set_challenge(challenge)


def take_challenge(session: SessionBase) -> Challenge | None:
    """Return the challenge that was read with a session, the first time that a request asks for it."""
    return cast("SessionStore", session).take_challenge()
