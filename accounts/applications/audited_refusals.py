"""What the audit log says about a person who could not open an application right away: asked to verify, or refused."""

from datetime import timedelta

from accounts.applications import audit_events
from accounts.models import Application
from verification import audit
from verification.audit import UserEvent
from verification.context import Context

_MIN_TIME_BETWEEN_EVENTS = timedelta(minutes=5)  # a page that is reloaded is the same event


def asked(application: Application, user_id: int, why: str, context: Context) -> None:
    """Record that an application needs another verification. Shape: `why` is an `AccessReason`."""
    _record(audit_events.APPLICATION_ASKED, application, user_id, why, context)


def refused(application: Application, user_id: int, why: str, context: Context) -> None:
    """Record that a person may not open an application. Shape: `why` is an `AccessReason`."""
    _record(audit_events.APPLICATION_REFUSED, application, user_id, why, context)


def _record(event: UserEvent, application: Application, user_id: int, why: str, context: Context) -> None:
    slug, why = application.slug, str(why)
    newest = audit.of_person(user_id, of=(event,), most=1)
    recent = (each for each in newest if context.now - each.at < _MIN_TIME_BETWEEN_EVENTS)
    is_same = any(each.detail == {"application": slug, "why": why} for each in recent)
    if not is_same:
        audit.record(event, user_id=user_id, context=context, application=slug, why=why)
