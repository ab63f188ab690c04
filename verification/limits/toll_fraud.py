"""Protection against toll fraud (SMS pumping): ranges of numbers whose codes hardly anyone enters are blocked.

`blocked_ranges` says what a block keeps back, and what it lets through to find out whether it's over.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from verification import audit, conf
from verification.audit import verification_audit_events
from verification.context import Context
from verification.limits import blocked_ranges
from verification.limits.client_networks import network_of
from verification.models import (
    BlockedRange,
    ChallengeState,
    Message,
    MessageState,
)

_log = logging.getLogger(__name__)
_EVALUATED_SPAN = timedelta(hours=1)  # how far back a range is evaluated
_TYPING_TIME = timedelta(minutes=5)  # codes younger than this may still be entered
_MIN_PEOPLE = 15  # fewer people say too little about a range
_MIN_NETWORKS = 3  # fewer networks are stopped by their own limits
_MIN_PROVEN_SHARE = 1 / 5
_MIN_TRIED = 3  # people who must get a code in a trial before the range can be unblocked
_PROVEN_SHARE_TO_RESUME = 1 / 2
# A message that never arrived says nothing: nobody could enter its code, so an outage must not look like fraud.
_ARRIVED = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.RINGING,
    MessageState.ANSWERED,
    MessageState.DELIVERED,
)


def evaluate(*, now: datetime) -> list[BlockedRange]:
    """Block the ranges abroad whose codes hardly anyone enters, because that is how SMS pumping looks.

    Each person counts once, however many messages they request. People who all request from one network don't count,
    because the network's own limit stops them. In the organisation's own country, where a range is a whole city,
    operators get a warning and nothing is blocked. A range that staff unblocked isn't blocked again until the first
    block would have ended.
    """
    _end_those_typed_in(now)
    sent = _arrived(now - _EVALUATED_SPAN, now - _TYPING_TIME).exclude(range="")
    people: Any = sent.values("range").annotate(**_PEOPLE, country=Max("country"))  # typed by its literals alone
    settled = set(BlockedRange.objects.filter(ends_at__gt=now).values_list("range", flat=True))
    made = []
    for row in people.filter(n__gte=_MIN_PEOPLE).order_by("range"):
        if row["range"] in settled or row["n_proven"] >= row["n"] * _MIN_PROVEN_SHARE:
            continue
        networks = sent.filter(range=row["range"]).values_list("challenge__network", flat=True).distinct()
        is_home = row["country"] == conf.home_region()
        if is_home or len({network_of(network) for network in networks}) >= _MIN_NETWORKS:
            made.append(_block(row["range"], row["n"], row["n_proven"], now=now, is_warning=is_home))
    if made:
        blocked_ranges.forget()
    return made


def _arrived(since: datetime, until: datetime) -> QuerySet[Message]:
    within = {"created_at__gte": since, "created_at__lt": until}
    return Message.objects.filter(challenge__isnull=False, state__in=_ARRIVED, **within)


_PEOPLE = {
    "n": Count("user", distinct=True),
    "n_proven": Count("user", distinct=True, filter=Q(challenge__state=ChallengeState.PROVEN)),
}


def _end_those_typed_in(now: datetime) -> None:
    """Unblock the ranges whose codes are entered again."""
    for blocked in blocked_ranges.in_force(now):
        sent = _arrived(blocked.began_at, now).filter(range=blocked.range)
        known = sent.filter(Q(created_at__lt=now - _TYPING_TIME) | Q(challenge__state=ChallengeState.PROVEN))
        found = known.aggregate(**_PEOPLE)
        if found["n"] >= _MIN_TRIED and found["n_proven"] >= found["n"] * _PROVEN_SHARE_TO_RESUME:
            lift(blocked, staff_id=None, why=_("Codes are entered again."), context=Context(now=now))


def _block(prefix: str, n_sent: int, n_proven: int, *, now: datetime, is_warning: bool) -> BlockedRange:
    found: dict[str, Any] = {"range": prefix, "n_sent": n_sent, "n_proven": n_proven}
    ends_at = now + conf.toll_fraud_pause()
    with transaction.atomic():
        blocked = BlockedRange.objects.create(began_at=now, ends_at=ends_at, is_warning=is_warning, **found)
        audit.record(
            verification_audit_events.RANGE_WARNED if is_warning else verification_audit_events.RANGE_PAUSED,
            user_id=None,
            context=Context(now=now),
            **found,
        )
    _log.warning(
        "Possible toll fraud: %s people in %s... got codes and %s entered one: %s",
        n_sent,
        prefix,
        n_proven,
        "operators warned" if is_warning else "range blocked",
    )
    return blocked


def lift(blocked: BlockedRange, *, staff_id: int | None, why: str, context: Context) -> bool:
    """Unblock a range before its time. Return False if it was unblocked already."""
    with transaction.atomic():
        rows = BlockedRange.objects.filter(pk=blocked.pk, lifted_at=None, ends_at__gt=context.now)
        lifted = rows.update(lifted_at=context.now, lifted_by=staff_id, why_lifted=why)
        if lifted:
            audit.record(
                verification_audit_events.RANGE_LIFTED,
                user_id=None,
                actor_id=staff_id,
                context=context,
                range=blocked.range,
                reason=why,
            )
    blocked_ranges.forget()
    return bool(lifted)
