"""Two codes in a row set a token right; they are used up, and any other method takes none."""

import pytest

from tests.verification.conftest import EngineUser, app_code
from verification import enrolments, method_registry
from verification.method_base import Draft
from verification.method_capabilities import Stocked
from verification.models import Enrolment
from verification.otp.hardware_token_codes import Scheme

SECRET = b"s" * 20
COUNTED = Scheme(is_counted=True)
PRESSES_AHEAD = 200  # presses of the button whose codes nobody entered


@pytest.fixture
def token(engine_user: EngineUser) -> Enrolment:
    """Return a token by counter whose button was pressed in a pocket."""
    (method,) = method_registry.having(Stocked)
    plan = Draft(address="TK-0042", secret=SECRET, data=COUNTED.data())
    enrolment = enrolments.assign(engine_user.user, method.name, plan, engine_user.context)
    enrolments.confirm(enrolment, now=engine_user.context.now)
    enrolment.refresh_from_db()
    return enrolment


def codes(at: int) -> tuple[str, str]:
    return COUNTED.code(SECRET, at), COUNTED.code(SECRET, at + 1)


def test_two_codes_in_a_row_set_it_right(token: Enrolment, engine_user: EngineUser) -> None:
    assert enrolments.resync(token, *codes(PRESSES_AHEAD), context=engine_user.context)

    token.refresh_from_db()
    assert token.counter == PRESSES_AHEAD + 1


def test_takes_the_same_two_codes_once(token: Enrolment, engine_user: EngineUser) -> None:
    enrolments.resync(token, *codes(PRESSES_AHEAD), context=engine_user.context)
    token.refresh_from_db()

    assert not enrolments.resync(token, *codes(PRESSES_AHEAD), context=engine_user.context)


@pytest.mark.parametrize(
    ("first", "second"), [("000000", "000000"), ("", ""), (codes(PRESSES_AHEAD)[1], codes(PRESSES_AHEAD)[0])]
)
def test_refuses_codes_that_do_not_follow_each_other(
    token: Enrolment, engine_user: EngineUser, first: str, second: str
) -> None:
    assert not enrolments.resync(token, first, second, context=engine_user.context)


def test_takes_the_codes_of_no_other_method(ana: EngineUser) -> None:
    app = ana.enrolment("totp")
    first, second = (app_code(app, ana.later(seconds=30 * at).context.now) for at in (0, 1))

    assert not enrolments.resync(app, first, second, context=ana.context)
