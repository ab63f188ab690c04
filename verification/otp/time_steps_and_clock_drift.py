"""Which time steps are accepted, also from clocks that differ from ours, for every method whose codes follow the time.

What is kept of an enrolment is `lead`: by how many seconds its clock runs ahead of ours (behind: negative), as little
as explains the codes seen so far. By its own clock a code is accepted in its step and in the one after it, which leaves
time to type. Beyond that:

- While it is set up, any code within two minutes is taken, and its clock is learned.
- One that was never learned, or that is known to differ, may be one step ahead as well; this is learned too.
- A code further off, up to five minutes, isn't accepted, but noted. The next one is accepted if it is off by the same:
  the clock is learned by two codes in a row (RFC 4226, 7.4, and RFC 6238, 6, speak of resynchronisation).

So a code of the future is never accepted if the clock is known to be right, and nobody is kept out by a clock.
"""

import math
from collections.abc import Callable
from datetime import timedelta

from verification.keys import constant_time_comparison
from verification.method_base import ChallengeData, Check
from verification.outcomes import Verdict

LEAD, NEAR = "lead", "near"  # names in an enrolment's data
_MAX_DRIFT_AT_SET_UP = timedelta(minutes=2)
_MAX_DRIFT = timedelta(minutes=5)
MAX_RESYNC_DRIFT = timedelta(hours=1)  # if two codes in a row are entered together
_MAX_STEPS_BETWEEN = 3  # between the first code and the second


def check(code_at: Callable[[int], str], challenge: ChallengeData, answer: str, *, seconds: int) -> Check:
    """Check a code by the clock of its enrolment. `code_at` computes the code of a step of so many `seconds`.

    The answer carries the step that it uses up, and what was learned of the clock.
    """
    now, lead = challenge.now.timestamp(), challenge.data.get(LEAD)
    ours, theirs = int(now) // seconds, int(now + (lead or 0)) // seconds
    found = _find(code_at, answer, around=ours, nearest=theirs, reach=int(_MAX_DRIFT.total_seconds()) // seconds)
    if found is None:
        return Check(verdict=Verdict.WRONG)
    if _opens(found, challenge, theirs=theirs, ours=ours, seconds=seconds):
        if found <= challenge.counter:
            return Check(verdict=Verdict.USED, counter=found)
        learned = {LEAD: learn(found, now, lead or 0, seconds), NEAR: None}
        return Check(verdict=Verdict.PROVEN, counter=found, learned=learned)
    if found <= challenge.counter:
        return Check(verdict=Verdict.WRONG)
    return Check(verdict=Verdict.DRIFTED, learned={NEAR: [found, ours]})


def _find(code_at: Callable[[int], str], answer: str, *, around: int, nearest: int, reach: int) -> int | None:
    """Find the step of a code; of two that fit, the one nearest to the device's own. All are computed each time."""
    steps = range(min(around - reach, nearest - 1), max(around + reach, nearest + 1) + 1)
    fitting = [step for step in steps if constant_time_comparison.same(code_at(step), answer)]
    return min(fitting, key=lambda step: abs(step - nearest), default=None)


def _opens(found: int, challenge: ChallengeData, *, theirs: int, ours: int, seconds: int) -> bool:
    ahead = 0 if challenge.data.get(LEAD) == 0 else 1
    if theirs - 1 <= found <= theirs + ahead:
        return True
    if challenge.is_enrolment:
        return abs(found - ours) * seconds <= _MAX_DRIFT_AT_SET_UP.total_seconds()
    if not (near := challenge.data.get(NEAR)):
        return False
    passed, waited = found - int(near[0]), ours - int(near[1])
    return 0 < passed <= _MAX_STEPS_BETWEEN and abs(passed - waited) <= 1


def learn(found: int, now: float, lead: int, seconds: int) -> int:
    """Return the lead by which a code's step is the device's present one or the one before; the old one if it will do.

    One that is ahead may be further ahead still, which the step more that it is given finds out. Of one that is behind
    nobody knows how long the typing took.
    """
    begun = math.ceil(found * seconds - now)
    if begun <= lead < begun + 2 * seconds:
        return lead
    return begun if lead < begun else begun + seconds // 2
