"""Resynchronisation of a token whose clock or counter has drifted."""

from verification import method_registry
from verification.context import Context
from verification.enrolments import marking_codes_as_used
from verification.method_base import ChallengeData
from verification.method_capabilities import Resynchronised
from verification.models import Enrolment
from verification.outcomes import Verdict


def resync(enrolment: Enrolment, first: str, second: str, *, context: Context) -> bool:
    """Resynchronise a token with two of its codes in a row, which are used up. It signs nobody in."""
    method = method_registry.methods().get(enrolment.method)
    if not isinstance(method, Resynchronised) or not enrolment.opens:
        return False
    data = ChallengeData(
        reference="",
        mode="",
        now=context.now,
        code="",
        match_code="",
        secret=enrolment.secret,
        counter=enrolment.counter,
        data=enrolment.data,
    )
    check = method.resynchronise(data, first, second)
    if check.verdict is not Verdict.PROVEN:
        return False
    return marking_codes_as_used.mark_used(enrolment, counter=check.counter, now=context.now, learned=check.learned)
