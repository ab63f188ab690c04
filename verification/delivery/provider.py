"""The contract of a provider: send, parse, probe. It knows nothing of people, does not retry, decides nothing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from verification import inputs
from verification.delivery.error_meanings import tidy
from verification.models.messages import Kind, MessageState, Reason

MAX_REFERENCE = 64  # letters of a provider's name of a message
MAX_KEYS = 64  # pressed in one go


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """What a provider is asked to carry.

    Shape: `id` 32 hex digits; `to` E.164 or a mail address; `words` the whole text, or what a call says first (never
    the code); the addresses are absolute and carry the id. `sender` is what a route wants it to come from, if any.
    """

    id: str
    kind: Kind
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
    """A provider's call to us, as it came.

    Shape: `url` is the public address as configured, never as the request names it; header names in lower case.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    event: str
    message_id: str

    @property
    def content_type(self) -> str:
        """The kind of its body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a provider tells later of a message. `code`: its own number or word for what went wrong."""

    message_id: str
    state: MessageState
    reason: Reason | None = None
    code: str = ""
    reference: str = ""


@dataclass(frozen=True)
class KeyPress:
    """What a called person keyed. Shape: digits, ending in # when that key was pressed."""

    message_id: str
    keys: str

    def __post_init__(self) -> None:
        """Keep of the keys what can be a code."""
        object.__setattr__(self, "keys", inputs.shortened(self.keys, max_length=MAX_KEYS))


@dataclass(frozen=True)
class Reply:
    """What the owner of a number told the carrier.

    Shape: `number` E.164; `stops` no more texts, else texts again; `reference` the provider's name of this very text.
    """

    number: str
    stops: bool
    reference: str


@dataclass(frozen=True)
class Speech:
    """What a called person hears next, and whether keys are awaited after it."""

    words: str
    more: bool = False


Body = tuple[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A callback understood: receipts, keys, replies to texts, and how to put our answer into the provider's format.

    `reference`: the provider's own name of the message that this is about, so that what it signed for one message
    cannot be told of another. Empty only for what is about none, such as a reply.
    """

    reference: str = ""
    receipts: tuple[Receipt, ...] = ()
    presses: tuple[KeyPress, ...] = ()
    replies: tuple[Reply, ...] = ()
    reply: Callable[[Speech | None], Body] = lambda _speech: ("text/plain", b"")


@runtime_checkable
class Keeper(Protocol):
    """A provider that keeps messages in our own database, as that of the demo does."""

    def forget(self, messages: Collection[str]) -> None:
        """Remove what is kept of some messages. Shape: the names that they were handed over with."""


class Refused(Exception):
    """Nothing was sent, for certain. `permanent`: no provider could; else another one, or a later try, may.

    `after` is how long the provider asks to be left alone; `code` is its own number or word for what went wrong.
    """

    def __init__(
        self, reason: Reason, *, permanent: bool = False, after: timedelta | None = None, code: str = ""
    ) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.code = tidy(code)
        self.permanent = permanent
        self.after = after


class Lost(Exception):
    """The provider may or may not have sent it: its answer did not come or could not be read."""

    def __init__(self, *args: object, code: str = "") -> None:
        super().__init__(*args)
        self.code = tidy(code)


class Forged(Exception):
    """A callback that the provider did not sign, or signed for another address, body or time."""


class Provider(Protocol):
    """Who carries messages. One module-level instance named `provider` in `providers/<name>/provider.py`.

    It may have `codes`: a table of its own error codes and what they mean.
    """

    name: str
    kinds: frozenset[Kind]

    def send(self, message: Outgoing) -> str:
        """Hand a message over and give the provider's reference. Errors: `Refused`, `Lost`."""
        ...

    def parse(self, callback: Callback) -> Heard:
        """Understand a callback. Errors: `Forged`."""
        ...

    def probe(self) -> bool:
        """Tell whether the provider is fit for service. Units: answers within a second."""
        ...
