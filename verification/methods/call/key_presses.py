"""Keys that people press during a call: 0# reports fraud, 1 reads the code out, the page’s digits and # approve."""

from verification.keys import constant_time_comparison
from verification.method_base import ChallengeData, Check
from verification.outcomes import Verdict

FRAUD = "0#"
READ_OUT = "1"
APPROVE, PRESS, CODE = "approve", "press", "code"  # modes: with the digits of the page, with # alone, by a code
_REPLIES = "verification/methods/call/spoken_replies_to_key_presses.txt"
_READ_OUT_CODE = "verification/methods/call/spoken_code.txt"


def check(challenge: ChallengeData, keys: str) -> Check:
    """Judge the keys that were pressed so far."""
    if keys == FRAUD:
        return Check(verdict=Verdict.DENIED, say=_REPLIES)
    if challenge.mode == CODE:
        if keys in {READ_OUT, f"{READ_OUT}#"}:
            return Check(verdict=Verdict.ISSUED, say=_READ_OUT_CODE)
        return Check(verdict=Verdict.PENDING, say=_REPLIES, goes_on=True)
    if not keys.endswith("#"):
        return Check(verdict=Verdict.PENDING, say=_REPLIES, goes_on=True)
    wanted = f"{challenge.match_code}#" if challenge.mode == APPROVE else "#"
    return Check(verdict=Verdict.PROVEN if constant_time_comparison.same(keys, wanted) else Verdict.WRONG, say=_REPLIES)
