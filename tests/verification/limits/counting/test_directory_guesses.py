"""Guesses at passwords that another system checks are counted as Active Directory counts them."""

from datetime import UTC, datetime, timedelta

import pytest

from verification import limits

pytestmark = pytest.mark.django_db

WINDOW = timedelta(minutes=30)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def guess(*, minutes: int = 0, name: str = "dora") -> bool:
    return limits.spend_guess("test", name, most=3, window=WINDOW, now=NOON + timedelta(minutes=minutes)).is_open


def test_allows_a_few_guesses() -> None:
    assert [guess() for _ in range(5)] == [True, True, True, False, False]
    assert guess(name="emil")


def test_forgets_only_after_a_window_without_guesses() -> None:
    """Seen failing when each window was counted alone: the fourth guess was allowed."""
    assert [guess(minutes=minutes) for minutes in (0, 29, 58, 87, 88, 89)] == [True, True, True, False, True, True]


def test_a_refused_guess_does_not_prolong_the_wait() -> None:
    opens = [guess(minutes=minutes) for minutes in (0, 0, 0, 10, 20, 29, 30)]

    assert opens == [True, True, True, False, False, False, True]


def test_says_when_the_next_guess_is_allowed() -> None:
    for _ in range(3):
        guess(minutes=4)

    gate = limits.spend_guess("test", "dora", most=3, window=WINDOW, now=NOON + timedelta(minutes=9))

    assert gate.retry_at == NOON + timedelta(minutes=34)


def test_a_correct_password_ends_the_count_or_only_undoes_its_own() -> None:
    guess()
    guess()
    limits.forget_guesses("test", "dora", only_last=True)
    assert [guess(), guess(), guess()] == [True, True, False]

    limits.forget_guesses("test", "dora")
    assert [guess(), guess(), guess(), guess()] == [True, True, True, False]


def test_asking_counts_nothing() -> None:
    def may(minutes: int = 0) -> bool:
        return limits.may_guess("test", "dora", most=3, now=NOON + timedelta(minutes=minutes))

    assert all(may() for _ in range(9))
    for _ in range(3):
        guess()
    assert not may(minutes=29)
    assert may(minutes=30)
