"""How challenges end without an answer: replaced or abandoned. One whose time is over needs no ending."""

from datetime import datetime

from verification.challenges import loading_and_session_binding
from verification.models import Challenge, ChallengeState, Purpose
from verification.models.challenges import ALIVE
from verification.outcomes import Outcome, Verdict


def abandon(handle: str, *, binding: str, now: datetime) -> None:
    """End a challenge that its session gives up. Its code no longer works, and a waiting message isn't sent."""
    rows = Challenge.objects.filter(handle=handle, binding=loading_and_session_binding.bind(binding), state__in=ALIVE)
    if handle:
        rows.update(state=ChallengeState.SUPERSEDED, ended_at=now)


def supersede(handle: str, *, binding: str, now: datetime) -> None:
    """End the session's challenge because another one replaces it."""
    Challenge.objects.filter(handle=handle, binding=binding, state__in=ALIVE).update(
        state=ChallengeState.SUPERSEDED, ended_at=now
    )


def live(binding: str, purpose: Purpose) -> Outcome:
    """Return the session's open challenge, because another request started it first."""
    rows = Challenge.objects.select_related("enrolment").filter(binding=binding, purpose=purpose, state__in=ALIVE)
    found = rows.order_by("-number").first()
    if found is None:
        return Outcome(verdict=Verdict.GONE)
    return Outcome(verdict=Verdict.ISSUED, handle=found.handle, method=found.enrolment.method)


def why_ended(challenge: Challenge, now: datetime) -> Outcome:
    """Return why a challenge takes no more answers."""
    try:
        challenge.refresh_from_db(fields=["state", "tries_left", "expires_at", "generation"])
    except Challenge.DoesNotExist:
        return Outcome(verdict=Verdict.GONE)  # its enrolment was removed, or set up again in another tab
    ends = {
        ChallengeState.PROVEN: Verdict.USED,
        ChallengeState.SUPERSEDED: Verdict.REPLACED,
        ChallengeState.ENDED: Verdict.ENDED,
        ChallengeState.DENIED: Verdict.DENIED,
    }
    if challenge.state in ends:
        return Outcome.of(challenge, ends[ChallengeState(challenge.state)])
    if challenge.state == ChallengeState.OPEN and challenge.tries_left == 0:
        return Outcome.of(challenge, Verdict.ENDED)
    if challenge.expires_at <= now:
        return Outcome.of(challenge, Verdict.EXPIRED)
    return Outcome.of(challenge, Verdict.USED if challenge.state == ChallengeState.APPROVED else Verdict.REPLACED)
