"""What an import of people leaves in the audit log, person by person, and the notices about it."""

from collections.abc import Mapping, Sequence

from accounts.models import SecondStep, User
from accounts.support import administration_audit_events, support_action_audit_events
from verification import audit, notices
from verification.context import Context

_TOLD = ("state", "groups")  # names and addresses don't belong in a log that nobody can change


def record(
    fresh: Sequence[User],
    changes: Mapping[int, Mapping[str, tuple[str, str]]],
    staff: User | None,
    context: Context,
) -> None:
    """Record who was added and who was changed. Shape: `changes` maps a user's id to old and new values by field."""
    added = [audit.EventToRecord(administration_audit_events.IMPORT_PERSON_ADDED, user.pk) for user in fresh]
    changed = [
        audit.EventToRecord(administration_audit_events.IMPORT_PERSON_CHANGED, pk, _said(fields))
        for pk, fields in changes.items()
    ]
    audit.record_many([*added, *changed], context=context, actor_id=staff.pk if staff else None)


def _said(fields: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    told = {name: list(fields[name]) for name in _TOLD if name in fields}
    return {"changed": ", ".join(sorted(fields)), **({"changes": told} if told else {})}


def notify(people: Sequence[User], staff: User | None, context: Context, *, former: Mapping[int, str]) -> None:
    """Leave the notice of a changed second step, as the support action for one person does.

    `former` are the email addresses that the file replaced. They get the notice as well: one row can turn off a second
    step and change the address, and the new mailbox may be the attacker's.
    """
    said = {"staff": staff.get_full_name() if staff else "", "ticket": ""}
    for state in SecondStep:
        notices.notify_all_of_event(
            [user for user in people if user.second_step == state],
            support_action_audit_events.SUPPORT_STATE_SET,
            now=context.now,
            context=Context(now=context.now),
            former=former,
            **said,
            state=str(state.label),
        )
