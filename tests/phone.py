"""A virtual telephone for journeys: driven through its pages as a person drives it, its carrier run at a word."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from django.test import Client

from verification.delivery.providers.virtual import carrier, screens

JSON = {"Accept": "application/json"}


def post_by(client: Client | None = None) -> carrier.Post:
    """Post callbacks through Django's test client, without a cookie and with every check a stranger meets."""
    stranger = client or Client(enforce_csrf_checks=True)

    def post(address: str, body: bytes, headers: dict[str, str]) -> carrier.Answer:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {name: value for name, value in headers.items() if name != "Content-Type"}
        response = stranger.post(path, data=body, content_type=headers["Content-Type"], headers=sent)
        return carrier.Answer(response.status_code, response.content)

    return post


def carry(*, now: datetime | None = None) -> int:
    """Let the carrier bring all receipts and key presses that are due, and say how many posts that took."""
    return carrier.pump(post_by(), now=now)


@dataclass
class Phone:
    """One telephone. Number: E.164."""

    number: str
    client: Client = field(default_factory=Client)
    bring: Callable[[], object] = carry

    def messages(self, kind: str = "") -> list[dict[str, Any]]:
        """List what has arrived, the newest first."""
        listed: list[dict[str, Any]] = self.client.get(f"/phone/messages.json?to={quote(self.number)}").json()
        return [message for message in listed if kind in ("", message["kind"])]

    def newest(self, kind: str = "") -> dict[str, Any]:
        """Take the newest message, text or call."""
        return self.messages(kind)[0]

    def code(self) -> str:
        """Read the code in the newest text."""
        return next(part.digits for part in screens.split(self.newest("text")["words"]) if part.is_code)

    def answer(self) -> str:
        """Pick up the ringing call and hear its first words."""
        return self._action("answer")

    def press(self, keys: str) -> str:
        """Press keys in the call, and hear what the caller says to them."""
        return self._action("keys", keys=keys)

    def decline(self) -> None:
        """Refuse the ringing call."""
        self._action("decline")

    def hang_up(self) -> None:
        """End the call."""
        self._action("hang-up")

    def heard(self) -> str:
        """Repeat the last words of the caller in the newest call."""
        said = [line["words"] for line in self.newest("call")["transcript"] if line["voice"] == "caller"]
        return said[-1] if said else ""

    def _action(self, action: str, **fields: str) -> str:
        call = self.newest("call")["call"]
        response = self.client.post(f"/phone/api/calls/{call}/{action}/", fields, headers=JSON)
        assert response.json() == {"done": True}, f"{action}: the call is {self.newest('call')['state']}"
        self.bring()
        return self.heard()
