"""What a right answer uses up works once."""

from tests.verification.conftest import Desk
from verification import enrolments
from verification.models import Voucher


def test_step_is_spent_once(ana: Desk) -> None:
    app = ana.enrolment("totp")

    assert [enrolments.use(app, counter=90_000_000, now=ana.context.now) for _ in range(2)] == [True, False]
    assert enrolments.use(app, counter=89_999_999, now=ana.context.now) is False
    assert enrolments.use(app, counter=90_000_001, now=ana.context.now) is True


def test_voucher_is_spent_once(desk: Desk) -> None:
    enrolments.issue_vouchers(desk.user, desk.context, method_name="recovery")
    pk = Voucher.objects.order_by("pk")[0].pk

    assert [enrolments.spend_voucher(pk, now=desk.context.now) for _ in range(2)] == [True, False]
    assert enrolments.vouchers_left(desk.user.pk) == 9
