"""Events that people see in their own activity: every `UserEvent`, with its words, its icon and its email.

Each app declares its own in its `audit_events` modules.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass

from django.utils.translation import gettext_lazy as _

from verification.audit import declaring_events
from verification.audit.declaring_events import Details, Event, Severity, Text
from verification.lazy_text import LazyText

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
    template: str = "verification/notices/to_person/declared_by_audit_event.txt"

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


def user_events() -> tuple[UserEvent, ...]:
    """Return the kinds of events that people see in their own activity."""
    return tuple(event for event in declaring_events.declared() if isinstance(event, UserEvent))


def find_user_event(kind: str) -> UserEvent | None:
    """Return the declaration of a stored event that people see, or None if they don't see it."""
    event = declaring_events.find(kind)
    return event if isinstance(event, UserEvent) else None
