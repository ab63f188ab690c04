"""The audit log keeps what was done, and the personal words of it apart."""

from django.db import transaction

from tests.verification.audit.conftest import events, write
from tests.verification.conftest import Desk
from verification import audit
from verification.models import AuditEvent


def test_keeps_who_whom_what_and_from_where(desk: Desk) -> None:
    audit.record(
        audit.Event("enrolment.removed"), user_id=desk.user.pk, context=desk.context, actor_id=77, method="text"
    )

    event = events().get()
    assert (event.kind, event.user_id, event.actor_id, event.at) == (
        "enrolment.removed",
        desk.user.pk,
        77,
        desk.context.now,
    )
    assert (event.network, event.agent, event.detail) == ("192.0.2.7", "a test", {"method": "text"})


def test_action_and_record_fall_together(desk: Desk) -> None:
    with transaction.atomic():
        write(desk, "a.done")
        transaction.set_rollback(True)

    assert not AuditEvent.objects.exists()


def test_personal_words_stand_apart_and_are_read_together(worded: Desk) -> None:
    event = events(kind="support.tried").get()

    assert event.said == {"reason": "lost it", "ticket": "INC-1"}
    assert "lost it" not in str(event.detail)


def test_words_of_an_event_about_nobody_stay_in_it(desk: Desk) -> None:
    audit.record(
        audit.Event("range.lifted"),
        user_id=None,
        context=desk.context,
        actor_id=desk.user.pk,
        reason="People at an event.",
    )

    assert events().get().detail == {"reason": "People at an event."}
