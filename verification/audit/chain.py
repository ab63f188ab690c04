"""The audit log's chain: seals events, and finds those that were changed, removed or added."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Min

from verification.audit.events import PERSON_ERASED
from verification.audit.log import digest_of, digest_of_words
from verification.keys import crypto
from verification.models import AuditEvent, AuditSeal
from verification.models.audit import WORDS_DIGEST

_BATCH = 500  # events a seal covers at most


def _link(number: int, previous: str, events: list[AuditEvent], key_id: str) -> str:
    """Bind the events of a seal, each with its place in the audit log, to all that came before."""
    places = [f"{event.pk}:{event.digest}" for event in events]
    return crypto.mac("audit.seal", str(number), previous, *places, key_id=key_id).hex()


def seal(now: datetime) -> int:
    """Link the events that no seal covers yet, in order of writing; returns how many.

    Two sealers at once do no harm: the number of a seal is unique, so one of them yields.
    """
    last = AuditSeal.objects.order_by("-number").first()
    # A transaction may commit a lower id after a higher one was sealed: look back over the newest seals as well.
    recent = list(AuditSeal.objects.order_by("-number")[:_LOOK_BACK])
    covered = {ref for seal in recent for ref in seal.refs}
    newer = AuditEvent.objects.filter(id__gte=_first_place(recent))
    events = [event for event in newer.order_by("id")[: _BATCH + len(covered)] if event.ref not in covered]
    if not events:
        return 0
    number = last.number + 1 if last else 1
    previous = last.digest if last else ""
    key_id = crypto.digest_key()
    with transaction.atomic():
        _, made = AuditSeal.objects.get_or_create(
            number=number,
            defaults={
                "sealed_at": now,
                "refs": [event.ref for event in events],
                "previous": previous,
                "key_id": key_id,
                "digest": _link(number, previous, events, key_id),
            },
        )
    return len(events) if made else 0


_LOOK_BACK = 3  # seals; at one each five seconds far longer than any transaction lives


def _first_place(seals: list[AuditSeal]) -> int:
    """Return the place of the first event under some seals; an event that was removed is passed over."""
    for seal in reversed(seals):
        place = AuditEvent.objects.filter(ref__in=seal.refs).aggregate(first=Min("id"))["first"]
        if place is not None:
            return int(place)
    return 0


@dataclass(frozen=True)
class Fault:
    """One place where the audit log was tampered with: which seal, which event, and what is wrong in words."""

    seal: int
    ref: str
    text: str


def _tampered(event: AuditEvent, words: str, erased: Collection[int]) -> str:
    """Say what is wrong with an event in these words, or that nobody can tell; empty if it is as it was written.

    Personal words may be missing, of a person who was erased.
    """
    try:
        if digest_of(event) != event.digest:
            return words
    except crypto.KeyMissing:
        return _missing(event.key_id)
    if not event.words and event.user_id in erased and event.kind != PERSON_ERASED.kind:
        return ""
    return "" if _words_fit(event) else "the personal words of the event were changed or removed"


def _words_fit(event: AuditEvent) -> bool:
    expected = event.detail.get(WORDS_DIGEST, "")
    return bool(expected == (digest_of_words(event.words) if event.words else ""))


def _erased() -> set[int]:
    """Return the name of the people who were erased, as far as the event that says so is genuine."""
    found = set()
    for event in AuditEvent.objects.filter(kind=PERSON_ERASED.kind):
        with suppress(crypto.KeyMissing):
            if event.user_id is not None and digest_of(event) == event.digest:
                found.add(event.user_id)
    return found


def _broken(link: AuditSeal, previous: str, events: list[AuditEvent]) -> str:
    try:
        is_whole = _link(link.number, previous, events, link.key_id) == link.digest
    except crypto.KeyMissing:
        return _missing(link.key_id)
    return "" if is_whole else "the seal was changed or its events stand in another order"


def _missing(key_id: str) -> str:
    return f"key missing: {key_id}, so this cannot be checked"


def verify() -> Iterator[Fault]:
    """Walk the chain from its start and name each event that was changed, removed or put in, in order."""
    previous, expected = "", 1
    sealed: set[str] = set()
    erased = _erased()
    for link in AuditSeal.objects.order_by("number").iterator():
        if link.number != expected or link.previous != previous:
            yield Fault(link.number, "", f"seal {expected} is missing or the chain was cut")
        events = {event.ref: event for event in AuditEvent.objects.filter(ref__in=link.refs)}
        for ref in link.refs:
            event = events.get(ref)
            if event is None:
                yield Fault(link.number, ref, "the event was removed")
                continue
            if ref in sealed:
                yield Fault(link.number, ref, "the event is sealed twice")
            if fault := _tampered(event, "the event was changed", erased):
                yield Fault(link.number, ref, fault)
        found = [events[ref] for ref in link.refs if ref in events]
        if len(found) == len(link.refs) and (fault := _broken(link, previous, found)):
            yield Fault(link.number, "", fault)
        sealed.update(link.refs)
        previous, expected = link.digest, link.number + 1
    yield from _loose(sealed, erased)


def _loose(sealed: set[str], erased: Collection[int]) -> Iterator[Fault]:
    """Name events outside every seal that are forged, or that stand before sealed ones."""
    last = AuditSeal.objects.order_by("-number").first()
    newest = (
        AuditEvent.objects.filter(ref__in=last.refs).order_by("-id").values_list("id", flat=True).first()
        if last
        else None
    )
    oldest_recent = (newest or 0) - _BATCH
    forged = "the event was put in by somebody without the key, or changed before its seal"
    for event in AuditEvent.objects.order_by("id").iterator():
        if event.ref in sealed:
            continue
        if fault := _tampered(event, forged, erased):
            yield Fault(0, event.ref, fault)
        elif event.id < oldest_recent:
            yield Fault(0, event.ref, "the event was put in after its time")
