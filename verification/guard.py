"""Guards against toll fraud and runaway cost: what may not be sent to a number, what it costs, what looks wrong.

Rows say it, and are read every five seconds a process; nothing here touches an app code, a passkey or a recovery code.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from verification import audit, conf, crypto, numbers
from verification.facts import Facts
from verification.held import Held
from verification.models import Cap, Country, Kind, Message, MessageState, OptOut, Pause, Span, State
from verification.outcomes import Verdict

_log = logging.getLogger(__name__)
_GUARDED = frozenset({Kind.TEXT, Kind.CALL})
UNIT = 1000  # of what is counted in one unit of the currency
_WINDOW = timedelta(hours=1)  # in which a range is weighed
_TYPING = timedelta(minutes=5)  # younger messages may still be typed in
_ENOUGH = 30  # messages to a range that are enough to judge it by
_LEAST_PROVEN = 1 / 5
_SPANS = {Span.DAY: timedelta(days=1), Span.MONTH: timedelta(days=30)}
# A message that the provider took costs, whatever became of it.
_TAKEN = (
    MessageState.UNKNOWN,
    MessageState.LOST,
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.RINGING,
    MessageState.ANSWERED,
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
)


@dataclass(frozen=True)
class Bound:
    """How much may be spent in a span. Units: thousandths of the currency; none: no bound."""

    span: Span
    window: timedelta
    alarm_at: int | None
    stop_at: int | None


@dataclass(frozen=True)
class _Book:
    countries: dict[str, Country]
    pauses: tuple[Pause, ...]
    caps: tuple[Bound, ...]


def _thousandths(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * UNIT)


def _load() -> _Book:
    caps = [
        Bound(Span(cap.span), _SPANS[Span(cap.span)], _thousandths(cap.alarm_at), _thousandths(cap.stop_at))
        for cap in Cap.objects.order_by("span")
    ]
    return _Book(
        countries={row.code: row for row in Country.objects.all()},
        pauses=tuple(Pause.objects.filter(lifted_at=None, ends_at__gt=timezone.now())),
        caps=tuple(caps),
    )


_held = Held(_load, times=5)
forget = _held.forget


def refusal(kind: str, address: str, *, now: datetime, is_opted_out: bool = False) -> Verdict | None:
    """Tell why no text or call may go to a number now; none if it may, and for what is neither."""
    if kind not in _GUARDED:
        return None
    if is_opted_out and kind == Kind.TEXT:
        return Verdict.STOPPED
    book = _held.read()
    if not _is_open(book, numbers.country(address), kind):
        return Verdict.CLOSED
    area = numbers.prefix(address)
    if any(pause.range == area and pause.ends_at > now for pause in book.pauses):
        return Verdict.PAUSED
    return None


def _is_open(book: _Book, country: str, kind: str) -> bool:
    row = book.countries.get(country)
    if row is None:
        return country == conf.home_region()
    return row.texts if kind == Kind.TEXT else row.calls


def words(verdict: Verdict) -> str:
    """Say in one sentence why an option is closed."""
    return {
        Verdict.CLOSED: _("Your organisation does not send to this country."),
        Verdict.PAUSED: _("Texts and calls to such numbers are paused for now."),
        Verdict.STOPPED: _("This number answered STOP. Text START to the number that our texts come from."),
    }[verdict]


def cost(kind: str, address: str) -> int:
    """Give what a message to a number costs. Units: thousandths of the currency."""
    if kind not in _GUARDED:
        return 0
    row = _held.read().countries.get(numbers.country(address))
    price = (row.text_price if kind == Kind.TEXT else row.call_price) if row else None
    if price is None:
        price = conf.text_price() if kind == Kind.TEXT else conf.call_price()
    return int(price * UNIT)


def costs(kind: str) -> bool:
    """Tell whether a message of this kind costs."""
    return kind in _GUARDED


def area_abroad(kind: str, address: str) -> str:
    """Give the range of a number that is not of the organisation's own country; empty for all others."""
    return numbers.prefix(address) if kind in _GUARDED and numbers.country(address) != conf.home_region() else ""


def caps() -> tuple[Bound, ...]:
    """Give how much may be spent, by span."""
    return _held.read().caps


# STOP and START ------------------------------------------------------------------------------------------------


def stop(address: str, *, provider: str, now: datetime) -> bool:
    """Remember that the owner of a number told the carrier STOP; True for the first time."""
    digest = crypto.digest("address", address)
    if OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists():
        return False
    with transaction.atomic():
        defaults = {"hint": numbers.mask(address), "provider": provider, "at": now}
        _, is_new = OptOut.objects.get_or_create(address_digest=digest, defaults=defaults)
        if is_new:
            audit.record("number.stopped", user_id=None, facts=Facts(now=now), number=numbers.mask(address))
    return is_new


def start(address: str, *, now: datetime) -> bool:
    """Forget it: the owner told the carrier START, or texts got through again."""
    with transaction.atomic():
        gone = OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).delete()[0]
        if gone:
            audit.record("number.started", user_id=None, facts=Facts(now=now), number=numbers.mask(address))
    return bool(gone)


def has_stopped(address: str) -> bool:
    """Tell whether the owner of a number told the carrier STOP."""
    return OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists()


# What looks wrong ----------------------------------------------------------------------------------------------


def weigh(*, now: datetime) -> list[Pause]:
    """Pause the ranges whose codes hardly anybody types in: that is what pumping texts to costly numbers looks like.

    A range whose pause was lifted is left alone as long as the pause would have lasted.
    """
    sent = Message.objects.filter(
        created_at__gte=now - _WINDOW, created_at__lt=now - _TYPING, challenge__isnull=False, state__in=_TAKEN
    ).exclude(range="")
    proven = Count("pk", filter=Q(challenge__state=State.PROVEN))
    weighed = sent.values("range").annotate(n=Count("pk"), n_proven=proven).filter(n__gte=_ENOUGH)
    settled = set(Pause.objects.filter(ends_at__gt=now).values_list("range", flat=True))
    made = []
    for row in weighed.order_by("range"):
        if row["range"] in settled or row["n_proven"] >= row["n"] * _LEAST_PROVEN:
            continue
        made.append(_pause(row["range"], row["n"], row["n_proven"], now=now))
    if made:
        forget()
    return made


def _pause(area: str, n_sent: int, n_proven: int, *, now: datetime) -> Pause:
    with transaction.atomic():
        pause = Pause.objects.create(
            range=area, n_sent=n_sent, n_proven=n_proven, began_at=now, ends_at=now + conf.guard_pause()
        )
        audit.record("range.paused", user_id=None, facts=Facts(now=now), range=area, n_sent=n_sent, n_proven=n_proven)
    _log.warning("texts and calls to %s... are paused: %s sent, %s typed in", area, n_sent, n_proven)
    return pause


def lift(pause: Pause, *, staff_id: int, why: str, facts: Facts) -> bool:
    """End a pause before its time; of two who do, one does."""
    with transaction.atomic():
        rows = Pause.objects.filter(pk=pause.pk, lifted_at=None, ends_at__gt=facts.now)
        lifted = rows.update(lifted_at=facts.now, lifted_by=staff_id, why_lifted=why)
        if lifted:
            audit.record("range.lifted", user_id=None, actor_id=staff_id, facts=facts, range=pause.range, reason=why)
    forget()
    return bool(lifted)


def paused(now: datetime) -> list[Pause]:
    """List the ranges that nothing goes to now."""
    return list(Pause.objects.filter(lifted_at=None, ends_at__gt=now).order_by("range"))


def purge(now: datetime, *, keep: timedelta) -> None:
    """Remove pauses that are long over."""
    Pause.objects.filter(ends_at__lt=now - keep).delete()
