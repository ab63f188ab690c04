"""Statistics of deliveries for operators: queues, workers, providers and failures, without numbers or codes."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import timezone as fixed_zone

from django.db import transaction
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from verification import audit
from verification.audit import events
from verification.context import Context
from verification.delivery import broker, message_publisher
from verification.delivery.error_meanings import Fault
from verification.delivery.routing import routes
from verification.models import Attempt, ChallengeState, Channel, Circuit, CircuitState, Message, MessageState
from verification.models.messages import MOVING

_log = logging.getLogger(__name__)

QUEUES = ("texts", "calls", "housekeeping")
_DAY = timedelta(days=1)
_MAX_LINES = 30  # of each table
_MAX_DELIVERIES_SAMPLED = 2_000
_DEAD = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.LOST)


@dataclass(frozen=True)
class Queue:
    """One queue of the broker. `depth` is None if the broker doesn't answer."""

    name: str
    depth: int | None


@dataclass(frozen=True)
class Waiting:
    """What waits in the outbox, per kind. Units: `oldest` in seconds."""

    kind: str
    n: int
    oldest: float


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


def queues() -> list[Queue]:
    """Return the length of each queue of the broker."""
    try:
        return [Queue(name, depth) for name, depth in zip(QUEUES, broker.depths(QUEUES), strict=True)]
    except broker.Unreachable as error:
        _log.warning("The broker doesn't report the length of its queues: %s", error)
        return [Queue(name, None) for name in QUEUES]


def workers() -> int | None:
    """Count the workers that are there. None if the broker doesn't answer."""
    try:
        return broker.workers()
    except broker.Unreachable as error:
        _log.warning("The broker doesn't report its workers: %s", error)
        return None


def providers_of(kind: Channel) -> list[str]:
    """Return the names of the installed providers that send a kind of message, in order of use."""
    return list(routes.able(kind))


def waiting(now: datetime) -> list[Waiting]:
    """Return what waits in the outbox, also for its next try. It is the truth whatever the broker says.

    Only what is due counts as late: a notice can wait an hour for its next try, and no worker has to be asked why.
    """
    rows = Message.objects.filter(state__in=MOVING, not_before__isnull=False)
    due = Min("not_before", filter=Q(not_before__lte=now))
    found = rows.values("kind").annotate(n=Count("pk"), since=due).order_by("kind")
    return [Waiting(row["kind"], row["n"], (now - (row["since"] or now)).total_seconds()) for row in found]


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
        n_failed=Count("pk", filter=Q(state__in=_DEAD)),
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
    found = by_hour.annotate(n=Count("pk"), n_failed=Count("pk", filter=Q(state__in=_DEAD))).order_by("hour")
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
    messages = Message.objects.filter(created_at__gt=now - _DAY, state__in=_DEAD).exclude(provider="")
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


def circuits() -> QuerySet[Circuit]:
    """Return the providers that failed recently."""
    return Circuit.objects.exclude(state=CircuitState.CLOSED).order_by("provider", "kind")


def dead(*, most: int = 50) -> list[Message]:
    """Return the newest messages that didn't arrive."""
    rows = Message.objects.filter(state__in=_DEAD).select_related("user", "challenge").prefetch_related("attempts")
    return list(rows.order_by("-pk")[:most])


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened to a message."""

    at: datetime
    words: str
    provider: str = ""


def timeline(message: Message) -> list[TimelineEntry]:
    """Return what happened to a message, step by step, from its row and the tries of its providers."""
    found = [TimelineEntry(message.created_at, str(_("requested")))]
    for attempt in message.attempts.order_by("at", "pk"):
        why = f", {attempt.get_reason_display()}" if attempt.reason else ""
        why += f":{said}" if (said := routes.explained(attempt.provider, attempt.code)) else ""
        found.append(TimelineEntry(attempt.at, f"{attempt.get_result_display()}{why}", attempt.provider))
    if message.handed_at:
        found.append(TimelineEntry(message.handed_at, str(_("handed to the provider")), message.provider))
    if message.ended_at:
        why = f", {message.get_reason_display()}" if message.reason else ""
        why += f":{said}" if (said := routes.explained(message.provider, message.code)) else ""
        found.append(TimelineEntry(message.ended_at, f"{message.get_state_display()}{why}", message.provider))
    return sorted(found, key=lambda entry: entry.at)


def may_go_again(message: Message, now: datetime) -> bool:
    """Return whether a message can be sent again: only notices can. People request new codes themselves."""
    return message.challenge is None and message.state in _DEAD and message.useful_until > now


def send_again(message: Message, context: Context, *, actor_id: int, reason: str) -> bool:
    """Queue a failed notice again, once. Return False if that isn't useful or was done before."""
    now = context.now
    if not may_go_again(message, now):
        return False
    # Clear what the first attempt left, or receipts of the new one would be refused as those of another message.
    former = {"provider": "", "reference": "", "lease_until": None, "handed_at": None, "ended_at": None}
    again = {"state": MessageState.QUEUED, "claims": 0, "not_before": now, "reason": "", "code": "", **former}
    with transaction.atomic():
        changed = Message.objects.filter(pk=message.pk, state=message.state, challenge=None).update(**again)
        if changed:
            about = {"message": message.handle, "kind_of_message": message.kind, "reason": reason}
            audit.record(
                events.MESSAGE_SENT_AGAIN, user_id=message.user_id, context=context, actor_id=actor_id, **about
            )
            transaction.on_commit(lambda: message_publisher.up(message.pk, Channel(message.kind)))
    return bool(changed)
