"""Which verdicts of the engine a page or a call tells, whatever its words for them are."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from tests.simulated.http_browser import Page
from verification import outcomes
from verification.methods.call import key_presses
from verification.outcomes import Outcome, Verdict

_NAMES_A_TIME = {Verdict.WAIT}  # in its title


def title(verdict: Verdict) -> str:
    """Return what a page says first about a verdict."""
    return outcomes.words(Outcome(verdict=verdict), now=timezone.now()).title


def text(verdict: Verdict, **details: Any) -> str:
    """Return what a page says about a verdict after its title."""
    return outcomes.words(Outcome(verdict=verdict, **details), now=timezone.now()).text


def spoken(verdict: Verdict) -> str:
    """Return what a call that asks for two digits says about a verdict."""
    terms = {"verdict": verdict, "mode": key_presses.APPROVE}
    return render_to_string("verification/methods/call/spoken_replies_to_key_presses.txt", terms).strip()


def verdicts(page: Page) -> set[Verdict]:
    """Return the verdicts that a page tells."""
    return {each for each in Verdict if each not in _NAMES_A_TIME and title(each) in page}
