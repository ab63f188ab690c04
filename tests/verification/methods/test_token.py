"""Hardware tokens: handed out by serial number, activated with their code, never offered to anyone else."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from django_otp.oath import TOTP

from tests.verification.conftest import BINDING, EngineUser
from verification import challenges, enrolments, hardware_token_stock, method_registry, outcomes
from verification.context import Context
from verification.methods.token.method import TokenForm, method
from verification.models import AuditEvent, Enrolment, HardwareToken, Purpose
from verification.otp.hardware_token_codes import Scheme
from verification.outcomes import Outcome, Verdict

SERIAL, SECRET = "TK-0042", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def hand_out(*, name: str = "ana", serial: str = SERIAL, secret: str = SECRET, **more: Any) -> None:
    call_command("assign_token", name, serial, stdin=StringIO(secret), stdout=StringIO(), **more)


def shows(engine_user: EngineUser, enrolment: Enrolment, *, ago: int = 0) -> str:
    """Read the token's display."""
    seconds = enrolment.data["step"]
    arithmetic = TOTP(enrolment.secret, seconds)
    arithmetic.time = (engine_user.context.now - timedelta(seconds=ago)).timestamp()
    return f"{arithmetic.token():06d}"


def activate(engine_user: EngineUser, serial: str = SERIAL) -> Outcome:
    fields = {"serial": serial}
    return challenges.enrol(
        engine_user.user, "token", fields, binding=BINDING, context=engine_user.context, rules=engine_user.rules
    )


def is_offered(engine_user: EngineUser) -> bool:
    return "token" in {
        offer.name for offer in enrolments.offers(engine_user.rules.methods, user_id=engine_user.user.pk)
    }


@pytest.mark.parametrize("step", [30, 60])
def test_is_activated_with_its_code(step: int, engine_user: EngineUser) -> None:
    hand_out(step=step)
    waiting = engine_user.enrolment("token")
    assert (waiting.confirmed, waiting.data["step"]) == (False, step)

    issued = activate(engine_user, " tk-0042 ")
    outcome = engine_user.answer(issued, shows(engine_user, waiting))

    assert outcome.proven
    assert engine_user.enrolment("token").confirmed


@pytest.mark.parametrize("step", [30, 60])
def test_code_is_good_in_its_step_and_the_next_and_once(step: int, engine_user: EngineUser) -> None:
    hand_out(step=step)
    token = engine_user.enrolment("token")
    assert engine_user.answer(activate(engine_user), shows(engine_user, token, ago=step)).proven

    later = engine_user.later(seconds=3 * step)
    assert later.answer(later.start("token"), shows(later, token, ago=2 * step)).verdict is Verdict.DRIFTED
    issued = later.start("token", binding="second")
    assert later.answer(issued, shows(later, token, ago=step), binding="second").proven
    again = later.start("token", binding="third")
    assert later.answer(again, shows(later, token, ago=step), binding="third").verdict is Verdict.USED


def test_code_of_half_a_minute_is_no_code_of_a_minute(engine_user: EngineUser) -> None:
    hand_out(step=60)
    token = engine_user.enrolment("token")
    arithmetic = TOTP(token.secret, 30)
    arithmetic.time = engine_user.context.now.timestamp()

    assert engine_user.answer(activate(engine_user), f"{arithmetic.token():06d}").verdict is Verdict.WRONG


def test_is_never_offered_without_one_waiting(engine_user: EngineUser, eve: EngineUser) -> None:
    assert not is_offered(engine_user)
    hand_out()

    assert (is_offered(engine_user), is_offered(eve)) == (True, False)
    engine_user.answer(activate(engine_user), shows(engine_user, engine_user.enrolment("token")))
    assert not is_offered(engine_user)


def test_unknown_serial_is_refused_with_words(engine_user: EngineUser) -> None:
    hand_out()

    outcome = activate(engine_user, "TK-0043")

    assert outcome.verdict is Verdict.REFUSED
    assert outcome.problems == {"serial": (str(method.not_assigned),)}
    assert engine_user.enrolment("token").confirmed is False


def test_serial_of_another_person_is_refused_with_the_same_words(engine_user: EngineUser, eve: EngineUser) -> None:
    hand_out()

    assert activate(eve).problems == activate(eve, "no such").problems


def test_empty_serial_is_refused_beside_its_field(engine_user: EngineUser) -> None:
    required = TokenForm.base_fields["serial"].error_messages["required"]
    assert activate(engine_user, "").problems == {"serial": (str(required),)}


def test_wrong_codes_leave_it_waiting(engine_user: EngineUser) -> None:
    hand_out()
    issued = activate(engine_user)

    verdicts = [engine_user.answer(issued, "000000").verdict for _ in range(5)]

    assert verdicts[-1] is Verdict.ENDED
    assert engine_user.enrolment("token").confirmed is False
    assert is_offered(engine_user)


def test_two_that_wait_are_told_apart_by_their_serial(engine_user: EngineUser) -> None:
    hand_out()
    hand_out(serial="TK-0043", secret="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")

    issued = activate(engine_user, "TK-0043")
    second = Enrolment.objects.order_by("pk")[1]

    assert engine_user.answer(issued, shows(engine_user, second)).proven
    assert list(Enrolment.objects.order_by("pk").values_list("confirmed", flat=True)) == [False, True]


def test_serial_is_read_in_any_digits(engine_user: EngineUser) -> None:
    hand_out()

    assert activate(engine_user, "tk-۰۰۴۲").issued


# Handing out ---------------------------------------------------------------------------------------------------


def test_command_says_what_it_did_and_records_it(engine_user: EngineUser) -> None:
    out = StringIO()
    call_command("assign_token", "ana", SERIAL, stdin=StringIO(f"{SECRET}\n"), stdout=out)

    assert "ana" in out.getvalue()
    assert SECRET not in out.getvalue()
    assert AuditEvent.objects.get(kind="enrolment.assigned").user_id == engine_user.user.pk


def test_secret_and_serial_rest_sealed(engine_user: EngineUser) -> None:
    hand_out()
    row = Enrolment.objects.filter(method="token").values().get()

    assert SECRET not in str(row)
    assert SERIAL not in str(row)


def test_serial_that_waits_for_somebody_else_moves(engine_user: EngineUser, eve: EngineUser) -> None:
    hand_out()
    hand_out(name="eve")

    assert (is_offered(engine_user), is_offered(eve)) == (False, True)


def test_serial_in_use_is_refused(engine_user: EngineUser, eve: EngineUser) -> None:
    """The same token could be handed to a second person while the first one used it (seen)."""
    hand_out()
    engine_user.answer(activate(engine_user), shows(engine_user, engine_user.enrolment("token")))

    with pytest.raises(CommandError) as refused:
        hand_out(name="eve")
    assert isinstance(refused.value.__context__, hardware_token_stock.InUse)
    assert not is_offered(eve)


def test_one_that_is_over_is_handed_to_nobody_else(engine_user: EngineUser, eve: EngineUser) -> None:
    hand_out()
    HardwareToken.objects.update(ends_at=engine_user.context.now - timedelta(days=1))

    with pytest.raises(CommandError) as refused:
        hand_out(name="eve")
    assert isinstance(refused.value.__context__, hardware_token_stock.Ended)
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
def test_command_refuses_in_words(change: dict[str, Any], words: str, engine_user: EngineUser) -> None:
    with pytest.raises(CommandError, match=words):
        hand_out(**change)

    assert not Enrolment.objects.exists()


def test_command_takes_spaces_and_small_letters(engine_user: EngineUser) -> None:
    hand_out(secret="jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp")

    assert len(engine_user.enrolment("token").secret) == 20


def test_command_takes_no_secret_as_an_argument(engine_user: EngineUser) -> None:
    """Everyone on the machine sees the arguments of a process, and the shell keeps them. Seen failing."""
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("assign_token", "ana", SERIAL, SECRET, stdout=StringIO())

    assert not Enrolment.objects.exists()


def test_command_names_no_method(engine_user: EngineUser, settings: Any) -> None:
    settings.VERIFICATION_METHODS = tuple(m for m in settings.VERIFICATION_METHODS if not m.endswith(".token"))

    with pytest.raises(CommandError, match="VERIFICATION_METHODS"):
        hand_out()


# Other tokens than those of six digits by the half minute ---------------------------------------------------------


def hand_out_of(engine_user: EngineUser, scheme: Scheme) -> Enrolment:
    """Hand out a token that makes its codes in another way, and activate it."""
    hand_out()
    Enrolment.objects.filter(method="token").update(data=scheme.data())
    assert engine_user.answer(activate(engine_user), token_code(engine_user, 0)).proven
    return engine_user.enrolment("token")


def token_code(engine_user: EngineUser, n: int) -> str:
    """Return the code of a token's n-th press, or of the n-th step from now."""
    token = engine_user.enrolment("token")
    scheme = Scheme.read(token.data)
    return scheme.code(token.secret, n if scheme.is_counted else scheme.at(engine_user.context.now.timestamp()) + n)


COUNTED = Scheme(is_counted=True)
SCHEMES = [
    Scheme(is_counted=is_counted, digits=digits, hash=name, step=step)
    for is_counted, digits, name, step in [
        (True, 6, "sha1", 30),
        (True, 8, "sha256", 30),
        (True, 7, "sha512", 30),
        (False, 8, "sha1", 30),
        (False, 6, "sha256", 60),
        (False, 7, "sha512", 45),
    ]
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.FRESH, Purpose.CALLER, Purpose.SELF_TEST])
def test_every_kind_is_good_for_every_purpose_and_once(
    scheme: Scheme, purpose: Purpose, engine_user: EngineUser
) -> None:
    hand_out_of(engine_user, scheme)
    later = engine_user.later(seconds=3 * scheme.step)

    issued, n = later.start("token", purpose=purpose), int(scheme.is_counted)

    assert later.answer(issued, token_code(later, n)).proven
    again = later.start("token", binding="another", purpose=purpose)
    assert later.answer(again, token_code(later, n), binding="another").verdict is Verdict.USED


@pytest.mark.parametrize("typed", ["1234 5678", " 1234-5678 ", "١٢٣٤٥٦٧٨", "１２３４　５６７８", "१२३४ ५६७८"])
def test_eight_digits_are_read_however_they_are_typed(typed: str) -> None:
    assert method_registry.method("token").read(typed) == "12345678"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ubnu12345678755224", "755224"),
        ("cccccccccccc 94287082", "94287082"),
        ("755224287082", "755224287082"),
        ("94287082 37359152", "9428708237359152"),
        ("ubnu12345678", "UBNU12345678"),
    ],
)
def test_identifier_that_a_token_types_before_its_code_is_left_out(typed: str, read: str) -> None:
    """A YubiKey that is set up so types it before each code, and each code was wrong."""
    assert method_registry.method("token").read(typed) == read


@pytest.mark.parametrize(
    ("more", "scheme"),
    [
        ({"kind": "hotp", "digits": 8}, Scheme(is_counted=True, digits=8)),
        ({"algorithm": "sha256", "step": 45}, Scheme(hash="sha256", step=45)),
    ],
)
def test_command_hands_out_every_kind(more: dict[str, Any], scheme: Scheme, engine_user: EngineUser) -> None:
    hand_out(**more)

    assert Scheme.read(engine_user.enrolment("token").data) == scheme


def test_counter_never_goes_back(engine_user: EngineUser) -> None:
    hand_out_of(engine_user, COUNTED)
    issued = engine_user.start("token")

    assert engine_user.answer(issued, token_code(engine_user, 7)).proven
    assert engine_user.enrolment("token").counter == 7
    second = engine_user.start("token", binding="second")
    assert engine_user.answer(second, token_code(engine_user, 5), binding="second").verdict is Verdict.WRONG


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", [COUNTED, Scheme(digits=8, hash="sha256")])
def test_one_press_opens_one_of_many_sessions_that_type_it_at_once(scheme: Scheme) -> None:
    """Each session has a challenge of its own. Seen failing with `counter__lt` taken out of the guarded update."""
    user = get_user_model().objects.create_user(username="ana", email="ana@example.org", password="not used here")
    engine_user = EngineUser(user, Context(now=timezone.now(), network="192.0.2.7"))
    hand_out_of(engine_user, scheme)
    bindings = [f"session {n}" for n in range(4)]
    issued = [engine_user.start("token", binding=binding) for binding in bindings]
    engine_user = engine_user if scheme.is_counted else engine_user.later(seconds=30)
    code, gate = token_code(engine_user, int(scheme.is_counted)), threading.Barrier(len(bindings))

    def answer(n: int) -> Verdict:
        gate.wait()
        try:
            return engine_user.answer(issued[n], code, binding=bindings[n]).verdict
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bindings)) as pool:
        verdicts = list(pool.map(answer, range(len(bindings))))

    assert sorted(verdicts) == sorted([Verdict.PROVEN, *[Verdict.USED] * 3])


def test_token_that_ran_ahead_is_set_right_by_two_codes_in_a_row(engine_user: EngineUser) -> None:
    hand_out_of(engine_user, COUNTED)
    issued = engine_user.start("token")

    ahead = engine_user.answer(issued, token_code(engine_user, 300))
    assert ahead.verdict is Verdict.DRIFTED
    assert "ahead" in outcomes.words(ahead, now=engine_user.context.now).title, "a counter has no clock"
    assert engine_user.answer(issued, f"{token_code(engine_user, 302)} {token_code(engine_user, 303)}").proven
    third = engine_user.start("token", binding="third")
    assert engine_user.answer(third, token_code(engine_user, 304), binding="third").proven


def test_slow_clock_is_set_right_by_two_codes_and_stays_so(engine_user: EngineUser) -> None:
    hand_out_of(engine_user, Scheme())
    later = engine_user.later(days=400)
    issued = later.start("token")

    assert later.answer(issued, token_code(later, -26)).verdict is Verdict.WRONG
    assert later.answer(issued, token_code(later, -26) + token_code(later, -25)).proven
    assert -26 * 30 <= later.enrolment("token").data["lead"] < -24 * 30
    much_later = later.later(days=1)
    issued = much_later.start("token", binding="next day")
    assert much_later.answer(issued, token_code(much_later, -25), binding="next day").proven


def test_token_counts_from_where_its_maker_says(engine_user: EngineUser) -> None:
    hand_out()
    Enrolment.objects.update(data=COUNTED.data(), counter=41)

    assert engine_user.answer(activate(engine_user), token_code(engine_user, 41)).verdict is Verdict.USED
    assert engine_user.answer(activate(engine_user), token_code(engine_user, 42)).proven
