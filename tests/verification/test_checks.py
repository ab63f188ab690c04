"""Limits that contradict each other are found at start."""

import pytest
from pytest_django.fixtures import Settings

from verification import checks


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("VERIFICATION_FAILURES_BEFORE_DELAY", "VERIFICATION_LOCKOUT_THRESHOLD"),
        ("PASSWORD_FAILURES_BEFORE_DELAY", "PASSWORD_FAILURES_PER_DAY"),
    ],
)
def test_finds_a_limit_that_would_come_before_the_one_before_it(first: str, second: str, settings: Settings) -> None:
    setattr(settings, first, 20)
    setattr(settings, second, 19)

    (found,) = checks.limits_agree(None)

    assert (found.id, first in found.msg, second in str(found.hint)) == ("verification.E007", True, True)


def test_accepts_the_same_limit_twice_and_the_defaults(settings: Settings) -> None:
    assert checks.limits_agree(None) == []
    settings.VERIFICATION_FAILURES_BEFORE_DELAY = settings.VERIFICATION_LOCKOUT_THRESHOLD = 20

    assert checks.limits_agree(None) == []
