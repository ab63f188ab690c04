"""Event types of the audit log: what each is stored as, and how pages, reports and metrics show it.

Each app declares its own events in modules whose names end in `events`, which its `AppConfig.ready` imports. A test
finds what nobody declared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from verification.lazy_text import LazyText


class Severity(StrEnum):
    """How an event looks in a list. The values are class names of the style sheet."""

    GOOD = "good"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Details:
    """What one event says. `method` is the label of its method; `is_passwordless`: it signs in without a password."""

    said: Mapping[str, Any]
    method: str = ""
    is_passwordless: bool = False

    def get(self, name: str) -> str:
        """Return one detail as text; empty without it."""
        return str(self.said.get(name, ""))


Text: TypeAlias = LazyText | Callable[[Details], LazyText]


@dataclass(frozen=True, eq=False)
class Event:
    """One kind of event, for those who read the audit log. Shape: `kind` is subject.past_participle.

    Stored strings never change: the digests of the chain cover them.
    `title` names the kind in a list. `log` is the sentence of the audit log: `%(actor)s` did it to `%(person)s`, and
    the other placeholders are details of the event.
    """

    kind: str
    title: LazyText = ""
    log: LazyText = ""
    severity: Severity | Callable[[Details], Severity] = field(default=Severity.INFO, kw_only=True)

    @property
    def subject(self) -> str:
        """Name what it is about."""
        return self.kind.partition(".")[0]

    @property
    def level(self) -> Severity:
        """Return how serious this kind of event is, whatever its details say."""
        return Severity.WARN if callable(self.severity) else self.severity

    def title_for(self, *, is_own: bool) -> str:
        """Say what happened, to the person themselves or about them."""
        return str(self.title)


class EventDeclaredTwice(Exception):
    """Two events are stored as the same string, so nobody could tell them apart."""


_declared: dict[str, Event] = {}
_E = TypeVar("_E", bound=Event)


def declare(event: _E) -> _E:
    """Add an event to those that may be recorded."""
    if event.kind in _declared:
        raise EventDeclaredTwice(event.kind)
    _declared[event.kind] = event
    return event


def declared() -> tuple[Event, ...]:
    """Return every event that any app declared."""
    return tuple(_declared.values())


def find(kind: str) -> Event | None:
    """Return the declaration of a stored event, or None if nobody declares it any more."""
    return _declared.get(kind)


# What the texts of many events say.


def method(details: Details) -> str:
    """Return the name of the method of an event."""
    return details.method


def detail(name: str) -> Callable[[Details], str]:
    """Return a text that is one detail of the event."""
    return lambda details: details.get(name)
