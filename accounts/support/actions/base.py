"""What all support actions share: who acts and why, the result, the audit event and the notice."""

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
    """Who of the staff acts, from where, and why. `caller` says how the caller was verified, `approver` who agreed."""

    staff: User
    context: Context
    reason: str
    ticket: str
    caller: str = ""
    approver: int | None = None


class State(StrEnum):
    """What became of a support action."""

    DONE = "done"
    REFUSED = "refused"
    UNNEEDED = "unneeded"
    ASKED = "asked"


@dataclass(frozen=True)
class Result:
    """What became of a support action, in words for the staff. `secret` is shown once and kept nowhere."""

    text: str
    secret: str = ""
    state: State = State.DONE


class Unneeded(Exception):
    """There was nothing to do, for instance because somebody else did it just before. The message says so."""


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
    """Forget a person's browsers and end their sign-ins; counts both for the record."""
    return {"n_browsers": browsers.forget(person), "n_sessions": sessions.end_all(person)}


def unless_nothing(text: str, *counts: object) -> None:
    """Undo an action that found nothing to do, for instance because somebody else did it just before."""
    if not any(counts):
        raise Unneeded(text)
