"""Messages for the next page: in the session, or in a signed cookie of a visitor who has no session."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage, Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest, HttpResponseBase


class _Cookie(CookieStorage):
    cookie_name = settings.MESSAGE_COOKIE_NAME


class MessageStorage(BaseStorage):
    """Keep messages in the session if there is one. A message alone creates none, or strangers could fill the table."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        # What Django's own storage of several calls isn't in the stubs.
        self._session: Any = SessionStorage(request)
        self._cookie: Any = _Cookie(request)

    def _get(self, *args: Any, **kwargs: Any) -> tuple[list[Message], bool]:
        kept, _ = self._session._get()  # noqa: SLF001  (a storage calls another one, as Django's does)
        carried, _ = self._cookie._get()  # noqa: SLF001  (the same)
        return [*(carried or []), *(kept or [])], True

    def _store(self, messages: list[Message], response: HttpResponseBase, *args: Any, **kwargs: Any) -> list[Message]:
        has_session = bool(list(self.request.session.keys()))
        carried = [] if has_session else messages
        if carried or settings.MESSAGE_COOKIE_NAME in self.request.COOKIES:
            self._cookie._store(carried, response)  # noqa: SLF001  (the same)
        if has_session:
            self._session._store(messages, response)  # noqa: SLF001  (the same)
        return []
