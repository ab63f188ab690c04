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

    with policies.approval_losses.recorded([engine_user.user.pk], engine_user.context) as lost:
        policy.delete()

    assert not lost
    assert not AuditEvent.objects.filter(kind="policy.approvals_dropped").exists()
