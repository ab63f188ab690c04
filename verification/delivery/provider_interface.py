"""`Provider`, the contract of a provider: send, parse, probe. It knows no people, doesn't retry and decides nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from verification import inputs
from verification.delivery.declaring_error_codes import Meaning, tidy
from verification.models.messages import Channel, FailureReason, MessageState

MAX_REFERENCE = 64  # characters of a provider's reference
MAX_KEYS = 64  # pressed in one entry


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message for a provider to send.

    Shape: `id` 32 hex digits; `to` E.164 or an email address; `words` the whole text, or what a call says first (never
    the code); the URLs are absolute and contain the id. `sender` is the sender that a route names, if any.
    """

    id: str
    kind: Channel
    to: str
    words: str
    language: str
    useful_until: datetime
    receipt_url: str
    keys_url: str
    request_reference: str = ""
    subject: str = ""
    extension: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Callback:
    """A provider's request to us, as it came.

    Shape: `url` is the configured public address, never the one in the request; header names are in lower case.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    event: str
    message_id: str

    @property
    def content_type(self) -> str:
        """Return the content type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A provider's report about a message. `code` is the provider's own error code."""

    message_id: str
    state: MessageState
    reason: FailureReason | None = None
    code: str = ""
    reference: str = ""


@dataclass(frozen=True)
class KeyPress:
    """Keys that a called person pressed. Shape: digits, with # at the end if it was pressed."""

    message_id: str
    keys: str

    def __post_init__(self) -> None:
        """Drop the keys that can't be part of a code."""
        object.__setattr__(self, "keys", inputs.shortened(self.keys, max_length=MAX_KEYS))


@dataclass(frozen=True)
class Reply:
    """A reply of a number's owner.

    Shape: `number` E.164; `stops` opts out, otherwise in; `reference` is the provider's id of this text.
    """

    number: str
    stops: bool
    reference: str


@dataclass(frozen=True)
class Speech:
    """What a called person hears next, and whether more keys are expected."""

    words: str
    more: bool = False


Body = tuple[str, bytes]


@dataclass(frozen=True, kw_only=True)
class ParsedCallback:
    """A parsed callback: receipts, keys and replies, and how to write our response in the provider's format.

    `reference` is the provider's id of the message that this is about, so that a signature for one message can't be
    used for another. It is empty only for what is about no message, such as a reply.
    """

    reference: str = ""
    receipts: tuple[Receipt, ...] = ()
    presses: tuple[KeyPress, ...] = ()
    replies: tuple[Reply, ...] = ()
    reply: Callable[[Speech | None], Body] = lambda _speech: ("text/plain", b"")


@runtime_checkable
class Keeper(Protocol):
    """A provider that stores messages in our own database, such as the virtual phone."""

    def forget(self, messages: Collection[str]) -> None:
        """Delete what is stored of some messages. Shape: the ids with which they were sent."""


class SendRefused(Exception):
    """Nothing was sent, for certain. With `permanent` no provider could; otherwise another one, or a later try, may.

    `after` is how long the provider asks us to wait; `code` is its own error code.
    """

    def __init__(
        self, reason: FailureReason, *, permanent: bool = False, after: timedelta | None = None, code: str = ""
    ) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.code = tidy(code)
        self.permanent = permanent
        self.after = after


def refusal(code: str, codes: Mapping[str, Meaning]) -> SendRefused:
    """Return why a provider accepted nothing, by its own code."""
    known = codes.get(code)
    if known is None:
        return SendRefused(FailureReason.UNKNOWN, code=code)
    return SendRefused(known.reason, permanent=known.is_final, code=code)


class ResponseLost(Exception):
    """The provider may or may not have sent it: its response didn't come or couldn't be read."""

    def __init__(self, *args: object, code: str = "") -> None:
        super().__init__(*args)
        self.code = tidy(code)


class Forged(Exception):
    """A callback without a valid signature of the provider for this address, body and time."""


class Provider(Protocol):
    """A service that sends messages. `providers/<name>/provider.py` has one instance, named `provider`.

    It may have `codes`, a table of its error codes and their meanings.
    """

    name: str
    kinds: frozenset[Channel]

    def send(self, message: Outgoing) -> str:
        """Send a message and return the provider's reference. Errors: `SendRefused`, `ResponseLost`."""
        ...

    def parse(self, callback: Callback) -> ParsedCallback:
        """Parse a callback. Errors: `Forged`."""
        ...

    def probe(self) -> bool:
        """Return whether the provider can be used. Must answer within a second."""
        ...
