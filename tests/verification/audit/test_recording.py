"""The audit log keeps what was done, and the personal words of it apart."""

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.verification.audit.conftest import events, faults, write
from tests.verification.conftest import EngineUser
from verification import audit
from verification.db import batched_writes
from verification.models import AuditEvent


def test_keeps_who_whom_what_and_from_where(engine_user: EngineUser) -> None:
    audit.record(
        audit.Event("enrolment.removed"),
        user_id=engine_user.user.pk,
        context=engine_user.context,
        actor_id=77,
        method="text",
    )

    event = events().get()
    assert (event.kind, event.user_id, event.actor_id, event.at) == (
        "enrolment.removed",
        engine_user.user.pk,
        77,
        engine_user.context.now,
    )
    assert (event.network, event.agent, event.detail) == ("192.0.2.7", "a test", {"method": "text"})


def test_action_and_record_fall_together(engine_user: EngineUser) -> None:
    with transaction.atomic():
        write(engine_user, "a.done")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


def test_personal_words_stand_apart_and_are_read_together(log_with_reason: EngineUser) -> None:
    event = events(kind="support.tried").get()

    assert event.said == {"reason": "lost it", "ticket": "INC-1"}
    assert "lost it" not in str(event.detail)


def test_words_of_an_event_about_nobody_stay_in_it(engine_user: EngineUser) -> None:
    audit.record(
        audit.Event("range.lifted"),
        user_id=None,
        context=engine_user.context,
        actor_id=engine_user.user.pk,
        reason="People at an event.",
    )

    assert events().get().detail == {"reason": "People at an event."}


def test_many_events_are_written_at_once_and_as_one_is(engine_user: EngineUser) -> None:
    done = audit.Event("enrolment.removed")
    entries = [
        audit.EventToRecord(done, pk, {"method": "text", "reason": "lost it"}) for pk in (engine_user.user.pk, None)
    ]
    for entry in entries:
        audit.record(done, user_id=entry.user_id, context=engine_user.context, actor_id=77, **entry.detail)
    alone = list(events().order_by("id"))

    with CaptureQueriesContext(connection) as seen:
        audit.record_many(iter(entries), context=engine_user.context, actor_id=77)

    at_once = list(events(id__gt=alone[-1].pk).order_by("id"))
    assert len([each for each in seen if "INSERT" in each["sql"]]) == 1
    for row, other in zip(at_once, alone, strict=True):
        assert (row.kind, row.user_id, row.actor_id, row.said) == (
            other.kind,
            other.user_id,
            other.actor_id,
            other.said,
        )
        assert (row.at, row.network, row.agent) == (other.at, other.network, other.agent)
        assert bool(row.words) is bool(other.words)
    assert faults() == []


def test_many_events_come_after_those_that_waited_in_a_block(engine_user: EngineUser) -> None:
    with batched_writes.block():
        write(engine_user, "a.done")
        audit.record_many([audit.EventToRecord(audit.Event("b.done"), None)], context=engine_user.context)
        write(engine_user, "c.done")

    assert list(events().order_by("id").values_list("kind", flat=True)) == ["a.done", "b.done", "c.done"]
    audit.seal(engine_user.context.now)
    assert faults() == []
