"""Verifies the audit log: walks the chain, and names each event that was changed, removed, added or copied."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, QuerySet

from verification.audit import chain_start, sealing
from verification.audit.chain_start import Start
from verification.audit.digests import (
    digest_of_event,
    digest_of_events,
    digest_of_removal,
    digest_of_seal,
    digest_of_words,
)
from verification.audit.verification_audit_events import PERSON_ERASED
from verification.keys import crypto
from verification.models import AuditEvent, AuditRemoval, AuditSeal
from verification.models.audit import WORDS_DIGEST

_EVENTS_AT_ONCE = 5_000  # read into memory together
_MAX_STRAGGLERS = 200  # seals after a boundary that cover events before it
_SEALS_AT_ONCE = 500


class Problem(StrEnum):
    """What is wrong in one place of the audit log, in words. `{}` stands for what the problem is about."""

    EVENT_CHANGED = "the event was changed"
    EVENT_REMOVED = "the event was removed"
    EVENT_FORGED = "the event was added by someone without the key, or changed before it was sealed"
    EVENT_LATE = "the event was added later than its time says"
    EVENT_BEFORE_START = "the event was added where older ones had been removed"
    EVENT_COPIED = "the event was copied"
    EVENT_SEALED_TWICE = "the event is sealed twice"
    WORDS_CHANGED = "the personal words of the event were changed or removed"
    SEAL_CHANGED = "the seal was changed, or its events are in another order"
    SEAL_MISSING = "seal {} is missing or the chain was cut"
    REMOVAL_CHANGED = "the statement that events before {} were removed was changed or forged"
    KEY_MISSING = "key missing: {}, so this cannot be checked"


@dataclass(frozen=True)
class ChainFault:
    """One place where the audit log was tampered with: which seal, which event, and what is wrong."""

    seal: int
    ref: str
    problem: Problem
    about: str = ""

    @property
    def text(self) -> str:
        """Say what is wrong."""
        return self.problem.format(self.about)


def verify() -> Iterator[ChainFault]:
    """Walk the chain from its start and name each event that was changed, removed or put in, in order."""
    yield from _removals()
    start = chain_start.start()
    walk = _Walk(start)
    yield from walk.sealed(AuditSeal.objects.filter(number__gt=start.seal).order_by("number"))
    yield from walk.loose()
    gone = AuditEvent.objects.filter(id__lt=start.boundary) if start.boundary > chain_start.BEFORE_ALL else ()
    yield from (ChainFault(0, event.ref, Problem.EVENT_BEFORE_START) for event in gone)
    copied = AuditEvent.objects.values_list("ref").annotate(n=Count("pk")).filter(n__gt=1)
    yield from (ChainFault(0, ref, Problem.EVENT_COPIED) for ref, _ in copied.iterator())


def verify_before(boundary: int) -> Iterator[ChainFault]:
    """Verify the oldest part of the chain, as far as it covers events before an id only."""
    start = chain_start.start()
    walk = _Walk(start)
    yield from walk.sealed(AuditSeal.objects.filter(number__gt=start.seal, upto__lt=boundary).order_by("number"))
    yield from walk.uncovered(boundary)


def verify_newest(n: int) -> Iterator[ChainFault]:
    """Verify the end of the chain, over at least so many of the newest events. What is older is taken as it is."""
    last, n_covered = None, 0
    for last in AuditSeal.objects.order_by("-number").iterator(chunk_size=_SEALS_AT_ONCE):
        n_covered += len(last.events)
        if n_covered >= n:
            break
    former = AuditSeal.objects.filter(number__lt=last.number).order_by("-number").first() if last else None
    if former is None:
        yield from verify()
        return
    walk = _Walk(Start(former.number, former.digest, former.upto + 1, has_older=True))
    yield from walk.sealed(AuditSeal.objects.filter(number__gt=former.number).order_by("number"))
    yield from walk.loose()


def _removals() -> Iterator[ChainFault]:
    """Check the statements of what was removed: each is signed, and bound to the one before it."""
    previous = ""
    for removal in AuditRemoval.objects.order_by("boundary"):
        try:
            is_whole = removal.previous == previous and digest_of_removal(removal) == removal.digest
        except crypto.KeyMissing:
            yield ChainFault(removal.last_seal, "", Problem.KEY_MISSING, removal.key_id)
        else:
            if not is_whole:
                yield ChainFault(removal.last_seal, "", Problem.REMOVAL_CHANGED, str(removal.ends_at.date()))
        previous = removal.digest


class _Walk:
    """A walk over the seals in order. `free` are the events that it passed and no seal covered yet.

    `late` is read before the seals: while the walk takes minutes, newer seals cover what waited when it began.
    """

    def __init__(self, start: Start) -> None:
        self.start = start
        self.late = sealing.frontier()
        self.erased = _erased()
        self.free: dict[int, AuditEvent] = {}
        self.passed = max(start.boundary - 1, chain_start.BEFORE_ALL)  # the highest id that it read

    def sealed(self, seals: QuerySet[AuditSeal]) -> Iterator[ChainFault]:
        """Check seals and the events that they cover."""
        previous, expected = self.start.digest, self.start.seal + 1
        for group in _groups(seals):
            self._read_upto(max(pk for link in group for pk in (*link.events, chain_start.BEFORE_ALL)))
            for link in group:
                if link.number != expected or link.previous != previous:
                    yield ChainFault(link.number, "", Problem.SEAL_MISSING, str(expected))
                yield from self._seal(link)
                previous, expected = link.digest, link.number + 1

    def _seal(self, link: AuditSeal) -> Iterator[ChainFault]:
        events, is_complete = [], True
        for pk in link.events:
            event = self.free.pop(pk, None)
            if event is None and self.start.has_older and pk < self.start.boundary:
                event = AuditEvent.objects.filter(pk=pk).first()  # it was committed late
            if event is not None:
                events.append((pk, event.digest))
                if problem := _tampered(event, Problem.EVENT_CHANGED, self.erased):
                    yield ChainFault(link.number, event.ref, *problem)
                continue
            is_complete = False
            if pk >= self.start.boundary or self.start.has_older:
                there = AuditEvent.objects.filter(pk=pk).first()
                found = Problem.EVENT_SEALED_TWICE if there else Problem.EVENT_REMOVED
                yield ChainFault(link.number, there.ref if there else str(pk), found)
        if problem := _broken(link, events if is_complete else None):
            yield ChainFault(link.number, "", *problem)

    def _read_upto(self, top: int) -> None:
        if top > self.passed:
            rows = AuditEvent.objects.filter(id__gt=self.passed, id__lte=top)
            self.free.update((event.pk, event) for event in rows)
            self.passed = top

    def loose(self) -> Iterator[ChainFault]:
        """Name events outside every seal that are forged, or that the sealer has passed over."""
        rest = AuditEvent.objects.filter(id__gt=self.passed).order_by("id").iterator(chunk_size=_EVENTS_AT_ONCE)
        for event in self.free.values():
            yield from self._free(event, is_late=event.pk <= self.late)
        for event in rest:
            yield from self._free(event, is_late=False)

    def uncovered(self, boundary: int) -> Iterator[ChainFault]:
        """Name events before an id that no seal covers."""
        newer = AuditSeal.objects.filter(upto__gte=boundary).order_by("number")[:_MAX_STRAGGLERS]
        covered = {pk for link in newer for pk in link.events}
        self._read_upto(boundary - 1)
        for event in self.free.values():
            if event.pk not in covered:
                yield from self._free(event, is_late=True)

    def _free(self, event: AuditEvent, *, is_late: bool) -> Iterator[ChainFault]:
        if problem := _tampered(event, Problem.EVENT_FORGED, self.erased):
            yield ChainFault(0, event.ref, *problem)
        elif is_late:
            yield ChainFault(0, event.ref, Problem.EVENT_LATE)


def _groups(seals: QuerySet[AuditSeal]) -> Iterator[list[AuditSeal]]:
    """Yield seals in groups over not many more events than fit into memory."""
    group: list[AuditSeal] = []
    n_events = 0
    for link in seals.iterator(chunk_size=_EVENTS_AT_ONCE):
        group.append(link)
        n_events += len(link.events)
        if n_events >= _EVENTS_AT_ONCE:
            yield group
            group, n_events = [], 0
    if group:
        yield group


def _tampered(event: AuditEvent, tampered: Problem, erased: Collection[int]) -> tuple[Problem, str] | None:
    """Return this problem, or that nobody can tell, and what it is about; None if the event is as it was written.

    Personal words may be missing, of a person who was erased.
    """
    try:
        if digest_of_event(event) != event.digest:
            return tampered, ""
    except crypto.KeyMissing:
        return Problem.KEY_MISSING, event.key_id
    if _words_fit(event) or _was_erased(event, erased):
        return None
    return Problem.WORDS_CHANGED, ""


def _was_erased(event: AuditEvent, erased: Collection[int]) -> bool:
    """Return whether its words are missing because its person was erased, perhaps since the walk began."""
    if event.words or event.user_id is None or event.kind == PERSON_ERASED.kind:
        return False
    return event.user_id in erased or event.user_id in _erased(user_id=event.user_id)


def _words_fit(event: AuditEvent) -> bool:
    expected = event.detail.get(WORDS_DIGEST, "")
    return bool(expected == (digest_of_words(event.words) if event.words else ""))


def _erased(**only: int) -> set[int]:
    """Return the ids of the people who were erased, as far as the event that says so is genuine."""
    found = set()
    for event in AuditEvent.objects.filter(kind=PERSON_ERASED.kind, **only):
        with suppress(crypto.KeyMissing):
            if event.user_id is not None and digest_of_event(event) == event.digest:
                found.add(event.user_id)
    return found


def _broken(link: AuditSeal, events: list[tuple[int, str]] | None) -> tuple[Problem, str] | None:
    """Return what is wrong with a seal, and with its events if all of them are there, and what it is about."""
    try:
        is_whole = digest_of_seal(link) == link.digest
    except crypto.KeyMissing:
        return Problem.KEY_MISSING, link.key_id
    if events is not None:
        is_whole = is_whole and digest_of_events(events) == link.content
    return None if is_whole else (Problem.SEAL_CHANGED, "")
