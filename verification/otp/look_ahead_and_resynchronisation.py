"""Look-ahead: how far a token's counter may have run ahead. Resynchronisation: two codes in a row set a token right.

The two are typed one after the other, in the next answer or in the same one. Source: RFC 4226, 7.2 and 7.4.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from verification.keys import constant_time_comparison
from verification.method_base import ChallengeData, Check
from verification.otp import time_steps_and_clock_drift
from verification.outcomes import Verdict

AHEAD = "ahead"  # the cause of an answer whose counter is far ahead
LOOK_AHEAD = 10  # presses of the button whose codes were not typed in
RESYNC_LOOK_AHEAD = 1_000  # presses, if two codes in a row are entered


def by_counter(code_at: Callable[[int], str], challenge: ChallengeData, answer: str) -> Check:
    """Check one code of a counter. One that is far ahead isn't accepted, but noted, and the next one is accepted."""
    expected, noted = challenge.counter + 1, challenge.data.get(time_steps_and_clock_drift.NEAR)
    # The code that was used last is compared too, so that it isn't taken for an incorrect one.
    places = _find(code_at, [answer], range(max(challenge.counter, 0), expected + RESYNC_LOOK_AHEAD))
    found = noted + 1 if noted is not None and noted + 1 in places else next(iter(places), None)
    if found is None:
        return Check(verdict=Verdict.WRONG)
    if found < expected:
        return Check(verdict=Verdict.USED, counter=found)
    if found < expected + LOOK_AHEAD or found - 1 == noted:
        return Check(verdict=Verdict.PROVEN, counter=found, learned={time_steps_and_clock_drift.NEAR: None})
    return Check(verdict=Verdict.DRIFTED, learned={time_steps_and_clock_drift.NEAR: found}, cause=AHEAD)


def both(code_at: Callable[[int], str], challenge: ChallengeData, first: str, second: str, *, seconds: int) -> Check:
    """Check two codes in a row that were typed together. Units: `seconds` of a step; 0 for a counter."""
    if seconds:
        here = int(challenge.now.timestamp()) // seconds
        reach = time_steps_and_clock_drift.MAX_RESYNC_DRIFT // timedelta(seconds=seconds)
        window = range(here - reach, here + reach + 1)
    else:
        window = range(challenge.counter + 1, challenge.counter + 1 + RESYNC_LOOK_AHEAD)
    found = next(iter(_find(code_at, [first, second], window)), None)
    if found is None:
        return Check(verdict=Verdict.WRONG)
    if found <= challenge.counter:
        return Check(verdict=Verdict.USED, counter=found)
    clock = {
        time_steps_and_clock_drift.LEAD: time_steps_and_clock_drift.learn(
            found, challenge.now.timestamp(), challenge.data.get(time_steps_and_clock_drift.LEAD) or 0, seconds
        )
    }
    return Check(
        verdict=Verdict.PROVEN,
        counter=found,
        learned={time_steps_and_clock_drift.NEAR: None, **(clock if seconds else {})},
    )


def _find(code_at: Callable[[int], str], typed: Sequence[str], window: range) -> list[int]:
    """Return the places of the last of some codes that follow each other. All are computed and compared each time."""
    shown = [code_at(counter) for counter in range(window.start, window.stop + len(typed) - 1)]
    fits = [[constant_time_comparison.same(code, text) for code in shown[n:]] for n, text in enumerate(typed)]
    return [window.start + at + len(typed) - 1 for at, each in enumerate(zip(*fits, strict=False)) if all(each)]
