"""Seals events: binds those that no seal covers yet to all that came before."""

from datetime import datetime

from django.db import transaction

from verification.audit import chain_start
from verification.audit.digests import digest_of_events, digest_of_seal
from verification.keys import crypto
from verification.models import AuditEvent, AuditSeal

_BATCH = 2000  # events a seal covers at most
_LOOK_BACK = 60  # seals; at one each five seconds longer than any transaction lives


def seal(now: datetime) -> int:
    """Link the events that no seal covers yet, in order of writing; returns how many.

    Two sealers at once do no harm: the number of a seal is unique, so one of them yields.
    """
    # A transaction may commit a lower id after a higher one was sealed: look back over the newest seals as well.
    recent = list(AuditSeal.objects.order_by("-number")[: _LOOK_BACK + 1])
    covered = {pk for each in recent[:_LOOK_BACK] for pk in each.events}
    start = chain_start.start()
    newer = AuditEvent.objects.filter(id__gt=_frontier(recent, start)).order_by("id").values_list("id", flat=True)
    free = [pk for pk in newer[: len(covered) + _BATCH] if pk not in covered][:_BATCH]
    if not free:
        return 0
    events = list(AuditEvent.objects.filter(id__in=free).order_by("id").values_list("id", "digest"))
    number, previous, upto = start.seal + 1, start.digest, start.boundary
    if recent:
        number, previous, upto = recent[0].number + 1, recent[0].digest, recent[0].upto
    made = AuditSeal(
        number=number,
        sealed_at=now,
        packed=AuditSeal.pack([pk for pk, _ in events]),
        upto=max(upto, events[-1][0]),
        content=digest_of_events(events),
        previous=previous,
        key_id=crypto.digest_key(),
    )
    made.digest = digest_of_seal(made)
    values = {field: getattr(made, field) for field in _WRITTEN}
    with transaction.atomic():
        _, is_made = AuditSeal.objects.get_or_create(number=number, defaults=values)
    return len(events) if is_made else 0


_WRITTEN = ("sealed_at", "packed", "upto", "content", "previous", "key_id", "digest")


def frontier() -> int:
    """Return the id up to which all events are sealed. An event with a lower id and no seal was written too late."""
    return _frontier(list(AuditSeal.objects.order_by("-number")[: _LOOK_BACK + 1]), chain_start.start())


def _frontier(recent: list[AuditSeal], start: chain_start.Start) -> int:
    return recent[_LOOK_BACK].upto if len(recent) > _LOOK_BACK else max(start.boundary - 1, chain_start.BEFORE_ALL)
