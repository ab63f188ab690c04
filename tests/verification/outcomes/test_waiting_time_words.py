"""A wait is told in words that fit its length."""

from datetime import UTC, datetime, timedelta

import pytest

from verification import outcomes

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (timedelta(0), "in 1 second"),
        (timedelta(seconds=25), "in 25 seconds"),
        (timedelta(minutes=4), "at 09:04 CET (in 4 minutes)"),
        (timedelta(minutes=4, seconds=1), "at 09:05 CET (in 5 minutes)"),
        (timedelta(minutes=4, microseconds=1), "at 09:05 CET (in 4 minutes)"),
        (timedelta(hours=5), "at 14:00 CET"),
        (timedelta(hours=20), "on 3 March 2026, 05:00 CET"),
    ],
)
def test_wait_says_until_when(wait: timedelta, words: str) -> None:
    assert outcomes.when_words(NOW + wait, NOW) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 second"), (1, "1 second"), (29.4, "30 seconds"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes")],
)
def test_wait_is_rounded_up(seconds: float, words: str) -> None:
    assert outcomes.wait_words(NOW + timedelta(seconds=seconds), NOW) == words
