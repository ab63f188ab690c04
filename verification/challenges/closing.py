"""How challenges end without an answer: replaced, abandoned or expired."""

from datetime import datetime

from django.db import transaction

from verification.challenges import queries
from verification.models import Challenge, Purpose, State
from verification.models.challenges import ALIVE
from verification.outcomes import Outcome, Verdict


def abandon(handle: str, *, binding: str, now: datetime) -> None:
    """End a challenge that its session gives up. Its code no longer works, and a waiting message isn't sent."""
    rows = Challenge.objects.filter(handle=handle, binding=queries.bind(binding), state__in=ALIVE)
    if handle:
        rows.update(state=State.SUPERSEDED, ended_at=now)


def expire(now: datetime) -> int:
    """Mark challenges whose time is over as expired. Return how many."""
    over = Challenge.objects.filter(state__in=ALIVE, expires_at__lte=now)
    if not over.exists():
        return 0
    with transaction.atomic():
        free = over.order_by("pk").select_for_update(skip_locked=True)  # the next run gets the rows that are locked now
        rows = Challenge.objects.filter(pk__in=free.values("pk"))
        return rows.update(state=State.EXPIRED, ended_at=now)


def supersede(handle: str, *, binding: str, purpose: Purpose, now: datetime) -> None:
    """End the session's challenge because another one replaces it."""
    Challenge.objects.filter(handle=handle, binding=binding, state__in=ALIVE).update(
        state=State.SUPERSEDED, ended_at=now
    )


def live(binding: str, purpose: Purpose) -> Outcome:
    """Return the session's open challenge, because another request started it first."""
    found = (
        Challenge.objects.select_related("enrolment").filter(binding=binding, purpose=purpose, state__in=ALIVE).first()
    )
    if found is None:
        return Outcome(verdict=Verdict.GONE)
    return Outcome(verdict=Verdict.ISSUED, handle=found.handle, method=found.enrolment.method)


def why_closed(challenge: Challenge, now: datetime) -> Outcome:
    """Return why a challenge takes no more answers."""
    try:
        challenge.refresh_from_db(fields=["state", "tries_left", "expires_at", "generation"])
    except Challenge.DoesNotExist:
        return Outcome(verdict=Verdict.GONE)  # its enrolment was removed, or set up again in another tab
    ends = {
        State.PROVEN: Verdict.USED,
        State.SUPERSEDED: Verdict.REPLACED,
        State.ENDED: Verdict.ENDED,
        State.DENIED: Verdict.DENIED,
        State.EXPIRED: Verdict.EXPIRED,
        State.APPROVED: Verdict.USED,
    }
    if challenge.state in ends:
        return queries.outcome(challenge, ends[State(challenge.state)])
    if challenge.expires_at <= now:
        return queries.outcome(challenge, Verdict.EXPIRED)
    return queries.outcome(challenge, Verdict.ENDED if challenge.tries_left == 0 else Verdict.REPLACED)
