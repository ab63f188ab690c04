"""Tests that a typing mistake is named by its shape only."""

import pytest

from tests.verification.conftest import EngineUser
from verification import enrolments, method_registry
from verification.challenges import hints_for_impossible_codes


def words(engine_user: EngineUser, typed: str, *, method: str = "totp") -> str:
    return hints_for_impossible_codes.words(engine_user.user, method_registry.method(method), typed)


def test_counts_the_digits(ana: EngineUser) -> None:
    assert "5 digits" in words(ana, "12345")


def test_says_that_a_password_was_not_kept(ana: EngineUser) -> None:
    assert "neither checked nor stored" in words(ana, "correct horse battery staple")


def test_knows_the_shape_of_another_option(ana: EngineUser) -> None:
    code = enrolments.issue_recovery_codes(ana.user, ana.context, method_name="recovery")[0]

    assert str(method_registry.method("recovery").label) in words(ana, code)


def test_knows_no_option_that_is_not_set_up(ana: EngineUser) -> None:
    """What it says must not depend on what is right, and offers nothing that the person doesn't have."""
    assert "Choose it" not in words(ana, "ABCDEFGHJKLMNPQR")


def test_digits_where_a_recovery_code_is_asked(ana: EngineUser) -> None:
    enrolments.issue_recovery_codes(ana.user, ana.context, method_name="recovery")

    assert "a code from a text, call, app or token" in words(ana, "123456", method="recovery")


@pytest.mark.parametrize("typed", ["lamp", "12345", "", "\x00"])
def test_names_no_passkey(ana: EngineUser, typed: str) -> None:
    """Nobody types what a passkey answers, whatever its shape."""
    assert str(method_registry.method("passkey").label) not in words(ana, typed)
