"""Records who needs a second person's approval for fewer actions of support, because their groups changed."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from verification import audit
from verification.audit import verification_audit_events
from verification.context import Context
from verification.policies.effective_policy import approvals_of_many


@contextmanager
def recorded(
    people: Collection[int], context: Context, *, actor_id: int | None = None
) -> Iterator[dict[int, list[str]]]:
    """Record what the change of groups in the block drops, in its transaction. Yields a mapping that is filled then.

    Shape: the actions that one member of staff can do alone afterwards, by person.
    """
    lost = dict[int, list[str]]()
    before = approvals_of_many(people)
    yield lost
    if not before:
        return
    after = approvals_of_many(people)  # empty if the policies have changed since
    lost |= {pk: sorted(gone) for pk, names in before.items() if (gone := names - after.get(pk, names))}
    entries = [
        audit.EventToRecord(verification_audit_events.APPROVALS_DROPPED, pk, {"actions": actions})
        for pk, actions in lost.items()
    ]
    audit.record_many(entries, context=context, actor_id=actor_id)
