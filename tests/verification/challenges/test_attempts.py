"""Tests of attempts: what an incorrect answer costs in tries and waits."""

from typing import Any

import pytest

from tests.verification.challenges.conftest import mails, wrong
from tests.verification.conftest import EngineUser, app_code, equip
from verification import challenges, limits
from verification.models import (
    Challenge,
    Enrolment,
    Failure,
    Purpose,
)
from verification.outcomes import Verdict


def test_ends_after_five_wrong_answers(ana: EngineUser) -> None:
    issued = ana.start("text")
    code = ana.code(issued)

    verdicts = [ana.answer(issued, "000000").verdict for _ in range(5)]

    assert verdicts == [Verdict.WRONG] * 4 + [Verdict.ENDED]
    assert ana.answer(issued, code).verdict is Verdict.ENDED


def test_waits_across_sessions_after_five_failures(ana: EngineUser) -> None:
    for session in range(5):
        ana.answer(ana.start("totp", binding=f"s{session}"), "000000", binding=f"s{session}")

    waiting = ana.start("totp", binding="s6")

    assert waiting.verdict is Verdict.WAIT
    assert waiting.retry_at == ana.later(minutes=1).context.now


def test_does_not_look_at_an_answer_while_waiting(ana: EngineUser) -> None:
    early = ana.start("totp", binding="early")
    for session in range(5):
        ana.answer(ana.start("totp", binding=f"s{session}"), "000000", binding=f"s{session}")

    right = app_code(ana.enrolment("totp"), ana.context.now)

    assert ana.answer(early, right, binding="early").verdict is Verdict.WAIT


def test_keeps_the_taken_try_when_the_method_breaks(ana: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the commit before the look, a crash in the comparison gave the try back (seen)."""
    issued = ana.start("totp")

    def breaks(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("verification.methods.totp.method.Totp.check", breaks)
    with pytest.raises(RuntimeError):
        ana.answer(issued, "000000")

    assert Challenge.objects.get(handle=issued.handle).tries_left == 4


def test_wrong_codes_count_for_thirty_days(ana: EngineUser, settings: Any) -> None:
    settings.WRONG_CODES_PER_MONTH = 4
    for day in (0, 10, 20):
        wrong(ana.later(days=day), 1, binding=f"day {day}")
    assert limits.wrong_codes(ana.user.pk, now=ana.later(days=20).context.now).n == 3

    assert limits.wrong_codes(ana.user.pk, now=ana.later(days=31).context.now).n == 2
    assert wrong(ana.later(days=31), 1, binding="next") == [Verdict.WRONG]
    assert ana.later(days=31).start("totp", binding="open").issued


def test_trials_and_setting_up_count_for_no_month(ana: EngineUser) -> None:
    for purpose in (Purpose.SELF_TEST, Purpose.CALLER):
        issued = ana.start("totp", binding=purpose, purpose=purpose)
        ana.answer(issued, "000000", binding=purpose)

    assert limits.wrong_codes(ana.user.pk, now=ana.context.now).n == 0


def test_method_that_is_set_up_again_proves_a_caller_again(ana: EngineUser) -> None:
    Failure.objects.create(user=ana.user, method="caller.totp", consecutive=30, locked_at=ana.context.now)

    Enrolment.objects.all().delete()
    equip(ana.later(hours=1))

    assert Failure.objects.get(method="caller.totp").locked_at is None


def test_wrong_codes_close_no_registration(engine_user: EngineUser) -> None:
    """After thirty, whenever they were typed, only support could let a person set the method up."""
    for hour in range(0, 70, 2):
        now = engine_user.later(hours=hour)
        issued = challenges.enrol(engine_user.user, "totp", {}, binding=f"{hour}", context=now.context, rules=now.rules)
        assert now.answer(issued, "000000", binding=f"{hour}").verdict is Verdict.WRONG

    later = engine_user.later(hours=90)
    issued = challenges.enrol(engine_user.user, "totp", {}, binding="next", context=later.context, rules=later.rules)
    draft = Enrolment.objects.filter(user=engine_user.user).latest("pk")

    assert later.answer(issued, app_code(draft, later.context.now), binding="next").proven
    assert mails() == ["method_added"]


def test_a_right_answer_forgets_the_failures(ana: EngineUser) -> None:
    issued = ana.start("text")
    for _ in range(4):
        ana.answer(issued, "000000")
    ana.answer(issued, ana.code(issued))
    issued = ana.start("text", binding="next")

    outcome = ana.answer(issued, "000000", binding="next")

    assert outcome.verdict is Verdict.WRONG
    assert ana.start("text", binding="third").issued
