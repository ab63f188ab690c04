"""Delivery and conversion rates: a provider is bypassed if too few messages arrive, or too few codes are entered."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from verification.delivery.declaring_error_codes import Fault
from verification.delivery.routing import routes
from verification.delivery.routing.circuit_breaker import ELSEWHERE, trip
from verification.models import (
    Attempt,
    AttemptResult,
    ChallengeState,
    Channel,
    Circuit,
    CircuitState,
    Message,
    MessageState,
)

_WINDOW = timedelta(minutes=15)  # how far back messages are evaluated
_TYPING_TIME = timedelta(minutes=2)  # codes younger than this may still be entered
_MIN_MESSAGES = 50  # with fewer, the share of failures says too little
_MIN_ACCOUNT_ERRORS = 5  # with fewer than `_MIN_MESSAGES`, if the provider itself reports that our account is at fault
_MIN_PROVEN_SHARE = 1 / 3
_MAX_RETURNED_SHARE = 1 / 2

_BAD = (MessageState.UNDELIVERED, MessageState.FAILED)
_TAKEN = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.RINGING,
    MessageState.ANSWERED,
    MessageState.DELIVERED,
    *_BAD,
)


def evaluate(providers: dict[str, frozenset[Channel]], *, now: datetime) -> list[tuple[str, Channel]]:
    """Open the circuits of providers whose accepted messages don't arrive, or whose codes nobody enters.

    The only provider of a kind stays in use, unless it reports itself that its messages don't arrive. Only messages
    since the circuit's last change count, so that old ones don't open it twice.
    """
    opened = []
    for kind in (Channel.TEXT, Channel.CALL):
        names = [name for name, kinds in providers.items() if kind in kinds]
        for name in names:
            why, code = _weakness(name, kind, now=now)
            if why == "conversion" and len(names) == 1:
                continue
            if why and trip(name, kind, why=why, code=code, now=now, of=CircuitState.CLOSED):
                opened.append((name, kind))
    return opened


def _weakness(provider: str, kind: Channel, *, now: datetime) -> tuple[str, str]:
    former = Circuit.objects.filter(provider=provider, kind=kind, why="").values_list("changed_at", flat=True).first()
    since = max(now - _WINDOW, former) if former else now - _WINDOW
    rows = Message.objects.filter(provider=provider, kind=kind)
    rows = rows.filter(created_at__gte=since, created_at__lt=now - _TYPING_TIME)
    taken = rows.filter(state__in=_TAKEN).aggregate(
        n=Count("pk"),
        n_proven=Count("pk", filter=Q(challenge__state=ChallengeState.PROVEN)),
        n_codes=Count("pk", filter=Q(challenge__isnull=False)),
        n_returned=Count("pk", filter=Q(state__in=_BAD, reason__in=ELSEWHERE)),
    )
    gone_on = Attempt.objects.filter(
        provider=provider, message__kind=kind, result=AttemptResult.RETURNED, at__gte=since
    )
    n_gone_on = gone_on.count()
    n, n_returned = taken["n"] + n_gone_on, taken["n_returned"] + n_gone_on
    if n_returned > n * _MAX_RETURNED_SHARE:
        code, n_account = _commonest(provider, rows.filter(state__in=_BAD), gone_on)
        if n >= _MIN_MESSAGES or (n_account >= _MIN_ACCOUNT_ERRORS and n_account > n * _MAX_RETURNED_SHARE):
            return "receipts", code
    if taken["n_codes"] >= _MIN_MESSAGES and taken["n_proven"] < taken["n_codes"] * _MIN_PROVEN_SHARE:
        return "conversion", ""
    return "", ""


def _commonest(provider: str, *tables: "QuerySet[Message] | QuerySet[Attempt]") -> tuple[str, int]:
    """Return the most frequent code, and how many rows say that our account or sender is at fault."""
    found: Counter[str] = Counter()
    for rows in tables:
        found.update(dict(rows.exclude(code="").values_list("code").annotate(n=Count("pk")).order_by("code")))
    known = {code: routes.meaning(provider, code) for code in found}
    n_account = sum(n for code, n in found.items() if (said := known[code]) and said.fault is Fault.ACCOUNT)
    return found.most_common(1)[0][0] if found else "", n_account
