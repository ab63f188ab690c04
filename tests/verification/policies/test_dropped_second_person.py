"""Tests of what a change of groups drops: actions that needed a second person's approval."""

from django.contrib.auth.models import Group

from tests.verification.conftest import EngineUser
from verification import policies
from verification.models import AuditEvent, Policy


def test_policy_that_is_deleted_meanwhile_is_no_loss(engine_user: EngineUser) -> None:
    """Seen failing with a `KeyError`."""
    board = Group.objects.create(name="Board")
    engine_user.user.groups.add(board)
    policy = Policy.objects.create(group=board, second_person=["erase"])

    with policies.dropped_second_person.recorded([engine_user.user.pk], engine_user.context) as lost:
        policy.delete()

    assert not lost
    assert not AuditEvent.objects.filter(kind="policy.approvals_dropped").exists()


def test_what_a_person_who_leaves_a_group_can_do_alone_is_recorded(engine_user: EngineUser) -> None:
    board = Group.objects.create(name="Board")
    engine_user.user.groups.add(board)
    Policy.objects.create(group=None, second_person=[])
    Policy.objects.create(group=board, second_person=["unlock", "erase"])

    with policies.dropped_second_person.recorded([engine_user.user.pk], engine_user.context, actor_id=7) as lost:
        engine_user.user.groups.remove(board)

    assert lost == {engine_user.user.pk: ["erase", "unlock"]}
    event = AuditEvent.objects.get(kind="policy.approvals_dropped")
    assert (event.user_id, event.actor_id) == (engine_user.user.pk, 7)
    assert event.detail["actions"] == ["erase", "unlock"]
