"""Every verdict has plain words that say what to do next."""

from datetime import UTC, datetime, timedelta

import pytest

from verification import outcomes
from verification.outcomes import Outcome, Verdict

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words(verdict: Verdict) -> None:
    words = outcomes.words(Outcome(verdict=verdict, retry_at=NOW, tries_left=2), now=NOW)

    assert words.title
    assert words.text.endswith(".")
    assert verdict.value not in words.text.split()


def test_no_two_verdicts_have_the_same_words() -> None:
    titles = [outcomes.words(Outcome(verdict=verdict), now=NOW).title for verdict in Verdict]

    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(("left", "words"), [(4, "4 attempts left"), (1, "1 attempt left")])
def test_wrong_code_says_how_many_tries_are_left(left: int, words: str) -> None:
    assert words in outcomes.words(Outcome(verdict=Verdict.WRONG, tries_left=left), now=NOW).text


@pytest.mark.parametrize("verdict", [Verdict.WAIT, Verdict.LIMITED, Verdict.TOO_SOON])
def test_wait_says_when_it_ends(verdict: Verdict) -> None:
    outcome = Outcome(verdict=verdict, retry_at=NOW + timedelta(minutes=4))

    assert "4 minutes" in outcomes.words(outcome, now=NOW).text


@pytest.mark.parametrize(
    ("wait", "title"),
    [
        (timedelta(seconds=25), "Locked for 25 seconds"),
        (timedelta(minutes=4), "Locked until 09:04 CET"),
        (timedelta(days=1), "Locked until 3 March 2026, 09:00 CET"),
    ],
)
def test_lock_says_in_its_title_until_when(wait: timedelta, title: str) -> None:
    assert outcomes.words(Outcome(verdict=Verdict.WAIT, retry_at=NOW + wait), now=NOW).title == title


@pytest.mark.parametrize("verdict", [Verdict.ENDED, Verdict.WAIT, Verdict.OFF, Verdict.DENIED])
def test_lock_says_who_can_end_it(verdict: Verdict) -> None:
    outcome = Outcome(verdict=verdict, retry_at=NOW + timedelta(minutes=4))

    assert "support desk" in outcomes.words(outcome, now=NOW).text


@pytest.mark.parametrize("verdict", Verdict)
def test_only_one_verdict_proves(verdict: Verdict) -> None:
    assert Outcome(verdict=verdict).proven is (verdict is Verdict.PROVEN)
