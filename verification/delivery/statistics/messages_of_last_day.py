"""Counts of the last day's messages: by provider, country, state, hour and failure, and how long deliveries took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import timezone as fixed_zone

from django.db.models import Count, F, Q
from django.db.models.functions import TruncHour
from django.utils import timezone

from verification.delivery.declaring_error_codes import Fault
from verification.delivery.routing import routes
from verification.models import Attempt, ChallengeState, Channel, Message, MessageState
from verification.models.messages import DEAD

_DAY = timedelta(days=1)
_MAX_LINES = 30  # of each table
_MAX_DELIVERIES_SAMPLED = 2_000


@dataclass(frozen=True)
class StateCount:
    """How many messages of a day have this state."""

    provider: str
    kind: str
    state: str
    n: int


@dataclass(frozen=True)
class Latency:
    """How long deliveries took, from the request to the arrival. Units: seconds."""

    kind: str
    n: int
    p50: float
    p95: float


def state_counts(now: datetime) -> list[StateCount]:
    """Count the last day's messages by provider, kind and state."""
    rows = Message.objects.filter(created_at__gt=now - _DAY)
    found = rows.values("provider", "kind", "state").annotate(n=Count("pk")).order_by("provider", "kind", "state")
    return [StateCount(row["provider"] or "–", row["kind"], row["state"], row["n"]) for row in found]


@dataclass(frozen=True)
class Share:
    """Counts of one kind by one provider, or to one country, in a day. `n_proven` were entered."""

    name: str
    kind: str
    n: int
    n_arrived: int
    n_failed: int
    n_proven: int


def by_provider(now: datetime) -> list[Share]:
    """Count the last day's messages by provider, the busiest first."""
    return _shares("provider", now)


def by_country(now: datetime) -> list[Share]:
    """Count the last day's texts and calls by country, the busiest first."""
    return _shares("country", now)


def _shares(field: str, now: datetime) -> list[Share]:
    rows = Message.objects.filter(created_at__gt=now - _DAY).exclude(**{field: ""})
    found = rows.values("kind", name=F(field)).annotate(
        n=Count("pk"),
        n_arrived=Count("pk", filter=Q(state=MessageState.DELIVERED)),
        n_failed=Count("pk", filter=Q(state__in=DEAD)),
        n_proven=Count("pk", filter=Q(challenge__state=ChallengeState.PROVEN)),
    )
    return [Share(**row) for row in found.order_by("-n", "name", "kind")[:_MAX_LINES]]


@dataclass(frozen=True)
class Hour:
    """Messages requested in one hour, and how many of them didn't arrive."""

    at: datetime
    n: int
    n_failed: int


def hours(now: datetime) -> list[Hour]:
    """Count the last day's messages per hour, with empty hours. The first hour counts only what is within the day."""
    # Without daylight saving time: where the clocks change, an hour comes twice or not at all.
    here = timezone.localtime(now)
    zone = fixed_zone(here.utcoffset() or timedelta())
    rows = Message.objects.filter(created_at__gt=now - _DAY)
    by_hour = rows.annotate(hour=TruncHour("created_at", tzinfo=zone)).values("hour")
    found = by_hour.annotate(n=Count("pk"), n_failed=Count("pk", filter=Q(state__in=DEAD))).order_by("hour")
    counts = {row["hour"]: row for row in found}
    this = here.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    ats = [this - timedelta(hours=back) for back in range(24, -1, -1)]
    return [Hour(at, counts[at]["n"], counts[at]["n_failed"]) if at in counts else Hour(at, 0, 0) for at in ats]


def latencies(now: datetime) -> list[Latency]:
    """Return how long the newest deliveries of a day took, by kind."""
    return [latency for kind in Channel if (latency := _latency(kind, now)) is not None]


def _latency(kind: Channel, now: datetime) -> Latency | None:
    rows = Message.objects.filter(kind=kind, state=MessageState.DELIVERED, created_at__gt=now - _DAY)
    pairs = rows.exclude(ended_at=None).order_by("-pk").values_list("created_at", "ended_at")[:_MAX_DELIVERIES_SAMPLED]
    took = sorted((ended - made).total_seconds() for made, ended in pairs if ended)
    if not took:
        return None
    return Latency(str(kind), len(took), _share(took, 0.5), _share(took, 0.95))


def _share(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


@dataclass(frozen=True)
class FailureCount:
    """How many of a day's failures had one kind of cause, such as our account or the number."""

    provider: str
    kind: str
    fault: str
    n: int


def failure_counts(now: datetime) -> list[FailureCount]:
    """Count the last day's failures by their cause. Codes that don't say count as unknown."""
    messages = Message.objects.filter(created_at__gt=now - _DAY, state__in=DEAD).exclude(provider="")
    attempts = Attempt.objects.filter(at__gt=now - _DAY)
    found: Counter[tuple[str, str, str]] = Counter()
    tables = (
        messages.values_list("provider", "kind", "code"),
        attempts.values_list("provider", "message__kind", "code"),
    )
    for rows in tables:
        for provider, kind, code, n in rows.annotate(n=Count("pk")).order_by():
            known = routes.meaning(provider, code)
            found[provider, kind, known.fault if known else Fault.UNKNOWN] += n
    return [FailureCount(*place, n) for place, n in sorted(found.items())]
