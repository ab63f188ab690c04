"""What all support actions share: who acts and why, the result, the audit event and the notice."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Session, User
from verification import audit, browsers, notices
from verification.context import Context
from verification.db import row_locks


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Who of the staff acts, from where, and why. `caller` says how the caller was verified, `approver` who agreed."""

    staff: User
    context: Context
    reason: str
    ticket: str
    caller: str = ""
    approver: int | None = None


@dataclass(frozen=True)
class Done:
    """What a deed changed, in words for the staff. `secret` is shown once and kept nowhere."""

    words: str
    secret: str = ""


class Unneeded(Exception):
    """There was nothing to do, for instance because somebody else did it just before. The message says so."""


def record(kind: str, person: User, deed: Deed, **detail: Any) -> None:
    audit.record(
        kind,
        user_id=person.pk,
        context=deed.context,
        actor_id=deed.staff.pk,
        reason=deed.reason,
        ticket=deed.ticket,
        caller=deed.caller,
        approver=deed.approver,
        **detail,
    )


def tell(person: User, notice: str, deed: Deed, **values: str) -> None:
    staff = deed.staff.get_full_name()
    values |= {"staff": staff, "ticket": deed.ticket}
    notices.tell(
        person, f"support_{notice}", now=deed.context.now, context=Context(now=deed.context.now), until=None, **values
    )


def close(person: User) -> dict[str, int]:
    """Forget a person's browsers and end their sign-ins; counts both for the record."""
    return {"n_browsers": browsers.forget(person), "n_sessions": end_all_sessions(person)}


def end_all_sessions(person: User) -> int:
    return row_locks.in_order(Session.objects.filter(user=person)).delete()[0]


def unless_nothing(words: str, *counts: object) -> None:
    """Undo an action that found nothing to do, for instance because somebody else did it just before."""
    if not any(counts):
        raise Unneeded(words)
