"""Records deeds in their own transaction, seals the record in a chain beside it, and finds what was tampered with."""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Min, QuerySet

from verification.context import Context
from verification.db.compiled_queries import Insert
from verification.keys import crypto
from verification.models import AuditEvent, AuditSeal
from verification.models.audit import NONCE, WORDS_DIGEST

_BATCH = 500  # events a seal covers at most


_ADD = Insert(AuditEvent)


def record(kind: str, *, user_id: int | None, context: Context, actor_id: int | None = None, **detail: Any) -> None:
    """Write down one deed. Call it inside the deed's transaction.

    Shape: `kind` is subject.past_participle; `detail` holds words, counts, references, never a code, secret or number.
    What of it names or describes a person is kept apart, so that it can be erased: see `PERSONAL`.
    """
    detail, words = _parted(detail) if user_id is not None else (detail, {})
    event = AuditEvent(
        at=context.now,
        kind=kind,
        actor_id=actor_id if actor_id is not None else user_id,
        user_id=user_id,
        network=context.network,
        agent=context.agent,
        detail=detail,
        words=words,
        key_id=crypto.digest_key(),
    )
    event.digest = _digest(event)
    _ADD.run(event)


PERSONAL = frozenset({"reason", "note", "caller", "label", "way", "name", "methods"})
ERASED = "person.erased"


def _parted(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part what an event says of a person into what stays and what can be erased. A digest ties the two."""
    words = {name: value for name, value in said.items() if name in PERSONAL and value}
    if not words:
        return said, {}
    words[NONCE] = secrets.token_hex(16)
    stays = {name: value for name, value in said.items() if name not in words}
    return {**stays, WORDS_DIGEST: _words_digest(words)}, words


def _words_digest(words: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def erase_words(user_id: int) -> int:
    """Erase the personal words of all events of a person; returns of how many. The chain holds without them."""
    return AuditEvent.objects.filter(user_id=user_id).exclude(words={}).update(words={})


def _digest(event: AuditEvent) -> str:
    body = json.dumps(
        [
            event.ref,
            event.at.isoformat(),
            event.kind,
            event.actor_id,
            event.user_id,
            event.network,
            event.agent,
            event.detail,
        ],
        sort_keys=True,
        ensure_ascii=True,
    )
    return crypto.mac("audit.event", body, key_id=event.key_id).hex()


def _link(number: int, previous: str, events: list[AuditEvent], key_id: str) -> str:
    """Bind the events of a seal, each with its place in the record, to all that came before."""
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
    """Give the place of the first event under some seals; an event that was removed is passed over."""
    for seal in reversed(seals):
        place = AuditEvent.objects.filter(ref__in=seal.refs).aggregate(first=Min("id"))["first"]
        if place is not None:
            return int(place)
    return 0


@dataclass(frozen=True)
class Fault:
    """One place where the record does not hold: which seal, which event, and what is wrong in words."""

    seal: int
    ref: str
    text: str


def _tampered(event: AuditEvent, words: str, erased: Collection[int]) -> str:
    """Say what is wrong with an event in these words, or that nobody can tell; empty if it is as it was written.

    Personal words may be missing, of a person who was erased.
    """
    try:
        if _digest(event) != event.digest:
            return words
    except crypto.KeyMissing:
        return _missing(event.key_id)
    if not event.words and event.user_id in erased and event.kind != ERASED:
        return ""
    return "" if _words_fit(event) else "the personal words of the event were changed or removed"


def _words_fit(event: AuditEvent) -> bool:
    expected = event.detail.get(WORDS_DIGEST, "")
    return bool(expected == (_words_digest(event.words) if event.words else ""))


def _erased() -> set[int]:
    """Name the people who were erased, as far as the record of it is genuine."""
    found = set()
    for event in AuditEvent.objects.filter(kind=ERASED):
        with suppress(crypto.KeyMissing):
            if event.user_id is not None and _digest(event) == event.digest:
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


def since(moment: datetime, *, kinds: Collection[str] = (), prefix: str = "") -> QuerySet[AuditEvent]:
    """Give the events of some kinds since a moment, for figures."""
    events = AuditEvent.objects.filter(at__gte=moment)
    if kinds:
        events = events.filter(kind__in=kinds)
    return events.filter(kind__startswith=prefix) if prefix else events


def size() -> tuple[int, int]:
    """Count the events and the seals."""
    return AuditEvent.objects.count(), AuditSeal.objects.count()


def newest() -> datetime | None:
    """Give when the newest event happened; none without events."""
    return AuditEvent.objects.order_by("-id").values_list("at", flat=True).first()


def of_person(
    user_id: int, *, kinds: Collection[str] = (), prefix: str = "", before: int = 0, most: int = 30
) -> list[AuditEvent]:
    """List what happened to a person, the newest first: of some kinds, and before an event's id, if given."""
    events = AuditEvent.objects.filter(user_id=user_id)
    if prefix:
        events = events.filter(kind__startswith=prefix)
    if kinds:
        events = events.filter(kind__in=kinds)
    if before:
        events = events.filter(id__lt=before)
    return list(events.order_by("-id")[:most])
