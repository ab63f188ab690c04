"""Sessions in the database that cost what ours cost: one statement to make, to save and to rename one."""

from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils.crypto import get_random_string


class SessionStore(DatabaseStore):
    """Django's, without the looks before each write."""

    _former_key: str | None = None

    def cycle_key(self) -> None:
        self.modified = True
        if self.session_key is not None:
            self._former_key = self._former_key or self.session_key
            self._session_key = get_random_string(32, VALID_KEY_CHARS)

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self._session_key = get_random_string(32, VALID_KEY_CHARS)
            row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]  # not in the stubs
            row.save(force_insert=True)
            return
        row = self.create_model_instance(self._get_session())  # type: ignore[attr-defined]
        rows = Session.objects.filter(session_key=self._former_key or row.session_key)
        fields = {"session_data": row.session_data, "expire_date": row.expire_date}
        if not rows.update(session_key=row.session_key, **fields):
            raise UpdateError
        self._former_key = None
