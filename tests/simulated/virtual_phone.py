"""A virtual phone for journey tests, used through its pages. Its carrier runs on demand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from django.test import Client

from verification.delivery.providers.virtual import callback_sender, screens

JSON = {"Accept": "application/json"}


def post_by(client: Client | None = None) -> callback_sender.Post:
    """Post callbacks through Django's test client, without cookies and with CSRF checks, like a stranger."""
    stranger = client or Client(enforce_csrf_checks=True)

    def post(address: str, body: bytes, headers: dict[str, str]) -> callback_sender.CallbackResponse:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {name: value for name, value in headers.items() if name != "Content-Type"}
        response = stranger.post(path, data=body, content_type=headers["Content-Type"], headers=sent)
        return callback_sender.CallbackResponse(response.status_code, response.content)

    return post


def carry(*, now: datetime | None = None) -> int:
    """Let the carrier deliver all due receipts and key presses, and return the number of posts."""
    return callback_sender.pump(post_by(), now=now)


@dataclass
class Phone:
    """A phone. `number` is E.164."""

    number: str
    client: Client = field(default_factory=Client)
    bring: Callable[[], object] = carry

    def messages(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the messages that arrived, newest first."""
        listed: list[dict[str, Any]] = self.client.get(f"/phone/messages.json?to={quote(self.number)}").json()
        return [message for message in listed if kind in ("", message["kind"])]

    def newest(self, kind: str = "") -> dict[str, Any]:
        """Return the newest message, text or call."""
        return self.messages(kind)[0]

    def code(self) -> str:
        """Return the code in the newest text."""
        return next(part.digits for part in screens.split(self.newest("text")["words"]) if part.is_code)

    def answer(self) -> str:
        """Answer the ringing call and return its first words."""
        return self._action("answer")

    def press(self, keys: str) -> str:
        """Press keys in the call and return the response."""
        return self._action("keys", keys=keys)

    def decline(self) -> None:
        """Decline the ringing call."""
        self._action("decline")

    def hang_up(self) -> None:
        """End the call."""
        self._action("hang-up")

    def heard(self) -> str:
        """Return the caller's last words in the newest call."""
        said = [line["words"] for line in self.newest("call")["transcript"] if line["voice"] == "caller"]
        return said[-1] if said else ""

    def _action(self, action: str, **fields: str) -> str:
        call = self.newest("call")["call"]
        response = self.client.post(f"/phone/api/calls/{call}/{action}/", fields, headers=JSON)
        assert response.json() == {"done": True}, f"{action}: the call is {self.newest('call')['state']}"
        self.bring()
        return self.heard()
