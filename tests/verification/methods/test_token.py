"""Hardware tokens: handed out by serial number, activated with their code, never offered to anybody else."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django_otp.oath import TOTP

from tests.verification.conftest import BINDING, Desk
from verification import challenges, enrolments, registry
from verification.models import AuditEvent, Enrolment
from verification.outcomes import Outcome, Verdict

SERIAL, SECRET = "TK-0042", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def hand_out(*, name: str = "ana", serial: str = SERIAL, secret: str = SECRET, **more: Any) -> None:
    call_command("assign_token", name, serial, secret, stdout=StringIO(), **more)


def shows(desk: Desk, enrolment: Enrolment, *, ago: int = 0) -> str:
    """Read the token's display."""
    seconds = enrolment.data["step"]
    arithmetic = TOTP(enrolment.secret, seconds)
    arithmetic.time = (desk.facts.now - timedelta(seconds=ago)).timestamp()
    return f"{arithmetic.token():06d}"


def activate(desk: Desk, serial: str = SERIAL) -> Outcome:
    fields = {"serial": serial}
    return challenges.enrol(desk.user, "token", fields, binding=BINDING, facts=desk.facts, rules=desk.rules)


def is_offered(desk: Desk) -> bool:
    return "token" in {offer.name for offer in enrolments.offers(desk.rules.methods, user_id=desk.user.pk)}


@pytest.fixture
def eve(db: None, desk: Desk) -> Desk:
    user = get_user_model().objects.create_user(username="eve", email="eve@example.org", password="not used here")
    return Desk(user, desk.facts)


@pytest.mark.parametrize("step", [30, 60])
def test_is_activated_with_its_code(step: int, desk: Desk) -> None:
    hand_out(step=step)
    waiting = desk.enrolment("token")
    assert (waiting.confirmed, waiting.data["step"]) == (False, step)

    issued = activate(desk, " tk-0042 ")
    outcome = desk.answer(issued, shows(desk, waiting))

    assert outcome.proven
    assert desk.enrolment("token").confirmed


@pytest.mark.parametrize("step", [30, 60])
def test_code_is_good_in_its_step_and_the_next_and_once(step: int, desk: Desk) -> None:
    hand_out(step=step)
    token = desk.enrolment("token")
    assert desk.answer(activate(desk), shows(desk, token, ago=step)).proven

    later = desk.later(seconds=3 * step)
    assert later.answer(later.start("token"), shows(later, token, ago=2 * step)).verdict is Verdict.DRIFTED
    issued = later.start("token", binding="second")
    assert later.answer(issued, shows(later, token, ago=step), binding="second").proven
    again = later.start("token", binding="third")
    assert later.answer(again, shows(later, token, ago=step), binding="third").verdict is Verdict.USED


def test_code_of_half_a_minute_is_no_code_of_a_minute(desk: Desk) -> None:
    hand_out(step=60)
    token = desk.enrolment("token")
    arithmetic = TOTP(token.secret, 30)
    arithmetic.time = desk.facts.now.timestamp()

    assert desk.answer(activate(desk), f"{arithmetic.token():06d}").verdict is Verdict.WRONG


def test_is_never_offered_without_one_waiting(desk: Desk, eve: Desk) -> None:
    assert not is_offered(desk)
    hand_out()

    assert (is_offered(desk), is_offered(eve)) == (True, False)
    desk.answer(activate(desk), shows(desk, desk.enrolment("token")))
    assert not is_offered(desk)


def test_unknown_serial_is_refused_with_words(desk: Desk) -> None:
    hand_out()

    outcome = activate(desk, "TK-0043")

    assert outcome.verdict is Verdict.REFUSED
    assert "No token of this number waits for you" in outcome.problems["serial"][0]
    assert desk.enrolment("token").confirmed is False


def test_serial_of_another_person_is_refused_with_the_same_words(desk: Desk, eve: Desk) -> None:
    hand_out()

    assert activate(eve).problems == activate(eve, "no such").problems


def test_empty_serial_is_refused_beside_its_field(desk: Desk) -> None:
    assert activate(desk, "").problems == {"serial": ("Type the serial number.",)}


def test_wrong_codes_leave_it_waiting(desk: Desk) -> None:
    hand_out()
    issued = activate(desk)

    verdicts = [desk.answer(issued, "000000").verdict for _ in range(5)]

    assert verdicts[-1] is Verdict.ENDED
    assert desk.enrolment("token").confirmed is False
    assert is_offered(desk)


def test_two_that_wait_are_told_apart_by_their_serial(desk: Desk) -> None:
    hand_out()
    hand_out(serial="TK-0043", secret="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")

    issued = activate(desk, "TK-0043")
    second = Enrolment.objects.order_by("pk")[1]

    assert desk.answer(issued, shows(desk, second)).proven
    assert list(Enrolment.objects.order_by("pk").values_list("confirmed", flat=True)) == [False, True]


def test_serial_is_read_in_any_digits(desk: Desk) -> None:
    hand_out()

    assert activate(desk, "tk-۰۰۴۲").issued


# Handing out ---------------------------------------------------------------------------------------------------


def test_command_says_what_it_did_and_records_it(desk: Desk) -> None:
    out = StringIO()
    call_command("assign_token", "ana", SERIAL, SECRET, stdout=out)

    assert "ana" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert AuditEvent.objects.get(kind="enrolment.assigned").user_id == desk.user.pk


def test_secret_and_serial_rest_sealed(desk: Desk) -> None:
    hand_out()
    row = Enrolment.objects.filter(method="token").values().get()

    assert SECRET not in str(row)
    assert SERIAL not in str(row)


def test_serial_that_waits_for_somebody_else_moves(desk: Desk, eve: Desk) -> None:
    hand_out()
    hand_out(name="eve")

    assert (is_offered(desk), is_offered(eve)) == (False, True)


def test_serial_in_use_is_refused(desk: Desk, eve: Desk) -> None:
    """The same token could be handed to a second person while the first one used it (seen)."""
    hand_out()
    desk.answer(activate(desk), shows(desk, desk.enrolment("token")))

    with pytest.raises(CommandError, match="in use"):
        hand_out(name="eve")
    assert not is_offered(eve)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "nobody"}, "no person"),
        ({"secret": "not base32!"}, "base32"),
        ({"secret": "JBSWY3DP"}, "16 bytes"),
        ({"serial": " "}, "serial"),
        ({"serial": "x" * 65}, "64"),
    ],
)
def test_command_refuses_in_words(change: dict[str, Any], words: str, desk: Desk) -> None:
    with pytest.raises(CommandError, match=words):
        hand_out(**change)

    assert not Enrolment.objects.exists()


def test_command_takes_spaces_and_small_letters(desk: Desk) -> None:
    hand_out(secret="jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp")

    assert len(desk.enrolment("token").secret) == 20


def test_command_names_no_method(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.method("token"), "is_assigned", False, raising=False)

    with pytest.raises(CommandError, match="handed out"):
        hand_out()
