"""Event types of the audit log: what each is stored as, and how pages, reports and metrics show it.

Each app declares its own events in one module, which its `AppConfig.ready` imports; a test finds what nobody declared.
"""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from django.utils.translation import gettext_lazy as _

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


_ADVICE = _("If you weren’t expecting this, contact %(support)s right away.")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The email that tells a person of an event.

    `subject` follows the organisation's name and a colon. `text` says who did what and when. `advice` says what to do
    if the person didn't want it. All three can use %(when)s, %(support)s and the values that the notice is
    sent with, such as %(staff)s. `template` replaces all three, for a notice that has conditions.
    """

    subject: LazyText = ""
    text: LazyText = ""
    advice: LazyText = _ADVICE
    template: str = "verification/notices/event.txt"

    def written(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the parts of the notice in the language in force, for its template."""
        return {
            "event_subject": str(self.subject) % values,
            "event_text": str(self.text) % values,
            "event_advice": str(self.advice) % values,
        }


@dataclass(frozen=True, eq=False)
class UserEvent(Event):
    """One kind of event that says something to the person it happened to, and to staff who help them.

    `title` and `text` speak to the person, `staff_title` and `staff_text` about them, where that differs.
    `is_deniable`: someone else may have done it, so the person can say that it was not them.
    `is_attempt`: the support desk lists it among what happened at sign-ins.
    `trouble` and `metric` name its count in the report on trouble and in the metrics; empty: it isn't counted there.
    `notice` is the email about it, for events that `notices.notify_of_event` is called with.
    """

    _: KW_ONLY
    icon: str
    text: Text = ""
    staff_title: LazyText = ""
    staff_text: Text = ""
    is_deniable: bool = True
    is_attempt: bool = False
    trouble: LazyText = ""
    metric: str = ""
    notice: Notice | None = None

    def title_for(self, *, is_own: bool) -> str:
        """Say what happened, to the person themselves or about them."""
        return str(self.title if is_own else self.staff_title or self.title)

    def text_for(self, details: Details, *, is_own: bool) -> str:
        """Say more about it, or an empty text if there is no more to say."""
        text = self.text if is_own else self.staff_text or self.text
        return str(text(details) if callable(text) else text)

    def severity_of(self, details: Details) -> Severity:
        """Return how bad one event is."""
        return self.severity(details) if callable(self.severity) else self.severity


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


def user_events() -> tuple[UserEvent, ...]:
    """Return the events that say something to their person."""
    return tuple(event for event in _declared.values() if isinstance(event, UserEvent))


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
