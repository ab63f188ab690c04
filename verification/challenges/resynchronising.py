"""Sets a token right whose clock or counter has drifted."""

from verification import enrolments, registry
from verification.context import Context
from verification.method import Ask
from verification.models import Enrolment
from verification.outcomes import Verdict


def resync(enrolment: Enrolment, first: str, second: str, *, context: Context) -> bool:
    """Set a token right by two of its codes in a row, which are used up. It proves nothing and opens nothing."""
    if not enrolment.opens:
        return False
    method = registry.method(enrolment.method)
    ask = Ask(
        reference="",
        mode="",
        now=context.now,
        code="",
        match_code="",
        secret=enrolment.secret,
        counter=enrolment.counter,
        data=enrolment.data,
    )
    check = method.check(ask, method.read(f"{first} {second}"))
    if check.verdict is not Verdict.PROVEN:
        return False
    return enrolments.use(enrolment, counter=check.counter, now=context.now, learned=check.learned)
