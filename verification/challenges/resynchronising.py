"""Resynchronisation of a token whose clock or counter has drifted."""

from verification import enrolments, method_registry
from verification.context import Context
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
    return enrolments.mark_used(enrolment, counter=check.counter, now=context.now, learned=check.learned)
