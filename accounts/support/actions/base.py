"""What all support actions share: actor, result, audit event and notice."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accounts import sessions
from accounts.models import User
from verification import audit, browsers, notices
from verification.audit import Event
from verification.context import Context


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The member of staff who acts, and why. `caller` says how the caller was verified, `approver` who approved."""

    staff: User
    context: Context
    reason: str
    ticket: str
    caller: str = ""
    approver: int | None = None


class State(StrEnum):
    """The outcome of a support action."""

    DONE = "done"
    REFUSED = "refused"
    UNNEEDED = "unneeded"
    ASKED = "asked"


@dataclass(frozen=True)
class Result:
    """The outcome of a support action, with text for staff. `secret` is shown once and not stored."""

    text: str
    secret: str = ""
    state: State = State.DONE


class Unneeded(Exception):
    """There was nothing to do, for example because somebody else had just done it. The message says so."""


def record(event: Event, person: User, actor: Actor, **detail: Any) -> None:
    audit.record(
        event,
        user_id=person.pk,
        context=actor.context,
        actor_id=actor.staff.pk,
        reason=actor.reason,
        ticket=actor.ticket,
        caller=actor.caller,
        approver=actor.approver,
        **detail,
    )


def notify(person: User, notice: str, actor: Actor, **values: str) -> None:
    staff = actor.staff.get_full_name()
    values |= {"staff": staff, "ticket": actor.ticket}
    notices.tell(
        person, f"support_{notice}", now=actor.context.now, context=Context(now=actor.context.now), until=None, **values
    )


def close(person: User) -> dict[str, int]:
    """Forget a user's browsers and end their sessions. Return both counts for the audit log."""
    return {"n_browsers": browsers.forget(person), "n_sessions": sessions.end_all(person)}


def unless_nothing(text: str, *counts: object) -> None:
    """Raise `Unneeded`, which rolls the action back, if all counts are zero."""
    if not any(counts):
        raise Unneeded(text)
