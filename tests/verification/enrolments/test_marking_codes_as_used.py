"""Tests that single-use codes and time steps work once."""

from tests.verification.conftest import EngineUser
from verification import enrolments
from verification.models import SingleUseCode


def test_step_is_spent_once(ana: EngineUser) -> None:
    app = ana.enrolment("totp")

    assert [enrolments.mark_used(app, counter=90_000_000, now=ana.context.now) for _ in range(2)] == [True, False]
    assert enrolments.mark_used(app, counter=89_999_999, now=ana.context.now) is False
    assert enrolments.mark_used(app, counter=90_000_001, now=ana.context.now) is True


def test_single_use_code_is_spent_once(engine_user: EngineUser) -> None:
    enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")
    pk = SingleUseCode.objects.order_by("pk")[0].pk

    assert [enrolments.spend_single_use_code(pk, now=engine_user.context.now) for _ in range(2)] == [True, False]
    assert enrolments.recovery_codes_left(engine_user.user.pk) == 9
