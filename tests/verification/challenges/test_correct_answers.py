"""Tests that a correct answer proves once."""

from typing import Any

import pytest

from tests.verification.conftest import EngineUser, app_code
from verification import challenges, enrolments
from verification.challenges import correct_answers
from verification.outcomes import Outcome, Verdict


def test_proves_a_right_text_code(ana: EngineUser) -> None:
    issued = ana.start("text")

    assert ana.answer(issued, ana.code(issued)).proven


def test_refuses_a_used_code(ana: EngineUser) -> None:
    issued = ana.start("text")
    code = ana.code(issued)
    ana.answer(issued, code)

    assert ana.answer(issued, code).verdict is Verdict.USED


def test_app_code_works_once_in_all_sessions(ana: EngineUser) -> None:
    right = app_code(ana.enrolment("totp"), ana.context.now)
    first, second = ana.start("totp", binding="one"), ana.start("totp", binding="two")

    assert ana.answer(first, right, binding="one").proven
    assert ana.answer(second, right, binding="two").verdict is Verdict.USED


def test_recovery_code_works_once(engine_user: EngineUser) -> None:
    codes = enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")
    first, second = engine_user.start("recovery", binding="one"), engine_user.start("recovery", binding="two")

    assert engine_user.answer(first, codes[0].lower(), binding="one").proven
    assert engine_user.answer(second, codes[0], binding="two").verdict is Verdict.USED
    assert engine_user.answer(second, codes[1], binding="two").proven


def test_recovery_code_for_a_challenge_that_ended_meanwhile_stays_unused(
    engine_user: EngineUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone chose another option in a second window while the code was checked, and lost the code. Seen failing."""
    codes = enrolments.issue_recovery_codes(engine_user.user, engine_user.context, method_name="recovery")
    first, second = engine_user.start("recovery", binding="one"), engine_user.start("recovery", binding="two")
    really = correct_answers.prove

    def after_a_moment(*arguments: Any, **named: Any) -> Outcome:
        challenges.abandon(first.handle, binding="one", now=engine_user.context.now)
        return really(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(correct_answers, "prove", after_a_moment)
        assert engine_user.answer(first, codes[0], binding="one").verdict is Verdict.REPLACED

    assert enrolments.recovery_codes_left(engine_user.user.pk) == len(codes)
    assert engine_user.answer(second, codes[0], binding="two").proven
