"""What a phone shows, as plain values made from the carrier's rows, for pages and JSON. Changes nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db.models import QuerySet

from verification import phone_numbers
from verification.models.messages import Channel

from .models import Caption, Delivery, DeliveryState

MAX_ITEMS_SHOWN = 40  # newest messages and calls of one phone
_CODE = re.compile(r"(?<![\d#])(?<!\d )(\d{3} ?\d{3})(?! ?\d)")
_LINK = re.compile(r"(https?://\S*[\w/])")
_MISSED = frozenset({DeliveryState.NO_ANSWER, DeliveryState.BUSY, DeliveryState.VOICEMAIL})


@dataclass(frozen=True)
class TextPart:
    """A part of a message's text. A code is shown large and can be copied, and a link can be followed."""

    words: str
    is_code: bool = False
    is_link: bool = False
    is_for_programs: bool = False  # the last line, which tells a browser where the code belongs

    @property
    def digits(self) -> str:
        """The code as it is typed."""
        return self.words.replace(" ", "")


@dataclass(frozen=True)
class Card:
    """One message or call in the list of a phone."""

    id: int
    kind: str
    to: str
    subject: str
    parts: tuple[TextPart, ...]
    language: str
    at: datetime
    state: str
    extension: str
    captions: tuple[Caption, ...]
    is_double: bool

    @property
    def is_missed(self) -> bool:
        """Return whether nobody took the call."""
        return self.state in _MISSED

    @property
    def code(self) -> str:
        """The first code of the message, as it is typed."""
        return next((part.digits for part in self.parts if part.is_code), "")


@dataclass(frozen=True)
class OngoingCall:
    """A call on the screen."""

    id: int
    state: str
    extension: str
    language: str
    captions: tuple[Caption, ...]
    collected: str
    awaits_reply: bool
    since: datetime
    is_over: bool


@dataclass(frozen=True)
class Telephone:
    """One phone in the overview."""

    number: str
    name: str = ""

    @property
    def spoken(self) -> str:
        """The number with the spaces people expect."""
        return phone_numbers.shown(self.number)


@dataclass(frozen=True)
class LedgerEntry:
    """One message that the carrier accepted, even if it never arrived."""

    at: datetime
    kind: str
    state: str
    reason: str


@dataclass(frozen=True)
class Screen:
    """Everything that one phone shows at one moment, and what the carrier knows about it."""

    telephone: Telephone
    now: datetime
    cards: tuple[Card, ...]
    ringing: OngoingCall | None
    call: OngoingCall | None
    ledger: tuple[LedgerEntry, ...]

    @property
    def calls(self) -> tuple[Card, ...]:
        """The list of calls, the newest first."""
        return tuple(card for card in self.cards if card.kind == Channel.CALL)

    @property
    def notes(self) -> tuple[Card, ...]:
        """The list of messages: texts, emails and missed calls."""
        return tuple(card for card in self.cards if card.kind != Channel.CALL or card.is_missed)

    @property
    def face(self) -> str:
        """The call that fills the screen: a ringing one comes before an answered one."""
        return "ringing" if self.ringing else "call" if self.call else "rest"

    @property
    def version(self) -> str:
        """A value that changes whenever the screen changes."""
        return _mark(self.cards, self.ringing, self.call, self.ledger)


@dataclass(frozen=True)
class Mailbox:
    """All mail of the demo."""

    cards: tuple[Card, ...]

    @property
    def version(self) -> str:
        """A value that changes whenever the list changes."""
        return _mark(self.cards)


def _mark(*shown: object) -> str:
    return sha256(repr(shown).encode()).hexdigest()[:16]


def phones() -> tuple[Telephone, ...]:
    """Return the phones: those of the demo users first, then every number that was ever sent a text or called."""
    known = {number: Telephone(number, name) for number, name in _names().items()}
    reached = Delivery.objects.exclude(kind=Channel.MAIL).values_list("to", flat=True).distinct().order_by("to")
    for number in reached:
        known.setdefault(number, Telephone(number))
    return tuple(known.values())


def telephone(number: str) -> Telephone:
    """Return one phone. A number that nobody has yet is an empty phone."""
    return Telephone(number, _names().get(number, ""))


def screen(number: str, *, now: datetime) -> Screen:
    """Return what a phone shows now."""
    rows = _newest(Delivery.objects.filter(to=number).exclude(kind=Channel.MAIL))
    arrived = [row for row in rows if row.has_arrived(now)]
    ringing = next((row for row in arrived if row.state_at(now) == DeliveryState.RINGING), None)
    call = next((row for row in arrived if row.is_on_screen), None)
    live = {DeliveryState.RINGING, DeliveryState.ANSWERED}
    cards = _cards([row for row in arrived if row.state_at(now) not in live], now)
    return Screen(
        telephone=telephone(number),
        now=now,
        cards=cards,
        ringing=_call(ringing) if ringing else None,
        call=_call(call) if call else None,
        ledger=tuple(LedgerEntry(row.received_at, row.kind, row.state_at(now), row.reason) for row in rows[:6]),
    )


def mailbox(*, now: datetime) -> Mailbox:
    """Return all emails that have arrived, for everyone."""
    rows = _newest(Delivery.objects.filter(kind=Channel.MAIL))
    return Mailbox(_cards([row for row in rows if row.has_arrived(now)], now))


def latest(*, to: str, now: datetime) -> Iterable[dict[str, object]]:
    """Return what has arrived, the newest first, as tests and people with a terminal read it."""
    rows = Delivery.objects.filter(arrives_at__lte=now).exclude(
        state__in=(DeliveryState.UNDELIVERED, DeliveryState.FAILED)
    )
    rows = rows.filter(to=to) if to else rows
    for row in rows.order_by("-arrives_at", "-pk")[:500]:
        yield {
            "id": row.message_id,
            "to": row.to,
            "extension": row.extension,
            "kind": row.kind,
            "subject": row.subject,
            "words": row.words,
            "request_reference": row.request_reference,
            "language": row.language,
            "time": row.arrives_at.isoformat(),
            "state": row.state_at(now),
            "reference": row.reference,
            "call": row.pk if row.kind == Channel.CALL else None,
            "transcript": [{"voice": line.voice, "words": line.words} for line in row.captions],
        }


def split(words: str) -> tuple[TextPart, ...]:
    """Split a text so that each code and each link is a part of its own.

    A code after # is for programs and stays in the text, and six digits in a link are no code.
    """
    body, at, rest = words.partition("\n@")
    parts: list[TextPart] = []
    for index, piece in enumerate(_LINK.split(body.rstrip())):
        parts += [TextPart(piece, is_link=True)] if index % 2 else _with_codes(piece)
    return (*parts, TextPart(f"@{rest}", is_for_programs=True)) if at else tuple(parts)


def _with_codes(words: str) -> list[TextPart]:
    return [TextPart(piece, is_code=index % 2 == 1) for index, piece in enumerate(_CODE.split(words)) if piece]


def _names() -> dict[str, str]:
    return dict(settings.PHONES)


def _newest(rows: QuerySet[Delivery]) -> list[Delivery]:
    return list(rows.order_by("-arrives_at", "-pk")[:MAX_ITEMS_SHOWN])


def _cards(rows: list[Delivery], now: datetime) -> tuple[Card, ...]:
    firsts = {row.message_id: row.pk for row in rows}  # the newest come first, so the oldest stays
    return tuple(_card(row, row.pk != firsts[row.message_id], now) for row in rows)


def _card(row: Delivery, is_double: bool, now: datetime) -> Card:
    return Card(
        id=row.pk,
        kind=row.kind,
        to=row.to,
        subject=row.subject,
        parts=split(row.words),
        language=row.language,
        at=row.arrives_at,
        state=row.state_at(now),
        extension=row.extension,
        captions=row.captions,
        is_double=is_double,
    )


def _call(row: Delivery) -> OngoingCall:
    return OngoingCall(
        id=row.pk,
        state=row.state,
        extension=row.extension,
        language=row.language,
        captions=row.captions,
        collected=row.collected,
        awaits_reply=row.awaits_reply,
        since=datetime.fromisoformat(row.captions[0].at) if row.captions else row.arrives_at,
        is_over=row.ended_at is not None,
    )
