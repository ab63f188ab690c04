"""Which verdicts of the engine a page tells, whatever its words for them are."""

from django.utils import timezone

from tests.simulated.http_browser import Page
from verification import outcomes
from verification.outcomes import Outcome, Verdict

_NAMES_A_TIME = {Verdict.WAIT}  # in its title


def title(verdict: Verdict) -> str:
    """Return what a page says first about a verdict."""
    return outcomes.words(Outcome(verdict=verdict), now=timezone.now()).title


def verdicts(page: Page) -> set[Verdict]:
    """Return the verdicts that a page tells."""
    return {each for each in Verdict if each not in _NAMES_A_TIME and title(each) in page}
