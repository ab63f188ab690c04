"""Protection against toll fraud (SMS pumping) and runaway cost: open countries, spending caps, blocked ranges, STOP.

Rows decide, and each process reads them every few seconds. App codes, passkeys and recovery codes are never affected.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from verification import audit, conf, phone_numbers
from verification.audit import events
from verification.context import Context, network_of
from verification.db.ttl_cache import TTLCache
from verification.keys import crypto
from verification.models import Cap, Country, Kind, Message, MessageState, OptOut, Pause, Span, State
from verification.outcomes import Verdict

_log = logging.getLogger(__name__)
_COSTLY_KINDS = frozenset({Kind.TEXT, Kind.CALL})
UNIT = 1000  # of what is counted in one unit of the currency
_EVALUATED_SPAN = timedelta(hours=1)  # in which a range is evaluated
_TYPING_TIME = timedelta(minutes=5)  # younger messages may still be typed in
_MIN_PEOPLE = 15  # people of a range that are enough to judge it by
_MIN_NETWORKS = 3  # networks that they ask from; fewer are bounded themselves
_MIN_PROVEN_SHARE = 1 / 5
_TRIAL_LENGTH = timedelta(minutes=1)  # for which a paused range is open, once in
_TRIAL_INTERVAL = timedelta(minutes=15)
_MIN_TRIED = 3  # people who tell, after a pause began, whether codes are typed in again
_PROVEN_SHARE_TO_RESUME = 1 / 2
_SPANS = {Span.DAY: timedelta(days=1), Span.MONTH: timedelta(days=30)}
# What never arrived could not be typed in: a carrier's bad hour is no fraud.
_ARRIVED = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.RINGING,
    MessageState.ANSWERED,
    MessageState.DELIVERED,
)


@dataclass(frozen=True)
class SpendingCap:
    """How much may be spent in a span. Units: thousandths of the currency; none: no limit."""

    span: Span
    window: timedelta
    alarm_at: int | None
    stop_at: int | None


@dataclass(frozen=True)
class _CostControls:
    countries: dict[str, Country]
    pauses: tuple[Pause, ...]
    caps: tuple[SpendingCap, ...]


def _thousandths(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * UNIT)


def _load() -> _CostControls:
    caps = [
        SpendingCap(Span(cap.span), _SPANS[Span(cap.span)], _thousandths(cap.alarm_at), _thousandths(cap.stop_at))
        for cap in Cap.objects.order_by("span")
    ]
    return _CostControls(
        countries={row.code: row for row in Country.objects.all()},
        pauses=tuple(Pause.objects.filter(lifted_at=None, ends_at__gt=timezone.now(), is_warning=False)),
        caps=tuple(caps),
    )


_cache = TTLCache(_load, seconds=lambda: 5 * conf.cache_seconds())
forget = _cache.forget


def refusal(kind: str, address: str, *, now: datetime, is_opted_out: bool = False) -> Verdict | None:
    """Tell why no text or call may go to a number now; none if it may, and for what is neither."""
    if kind not in _COSTLY_KINDS:
        return None
    if is_opted_out and kind == Kind.TEXT:
        return Verdict.STOPPED
    controls = _cache.read()
    if not _is_open(controls, phone_numbers.country(address), kind):
        return Verdict.CLOSED
    area = phone_numbers.prefix(address)
    if any(pause.range == area and _is_closed(pause, now) for pause in controls.pauses):
        return Verdict.PAUSED
    return None


def _is_closed(pause: Pause, now: datetime) -> bool:
    """Tell whether a pause holds messages back now. For a minute in each quarter of an hour a few are let through:
    if they are typed in, the pause ends."""
    return now < pause.ends_at and not _is_trial(pause, now)


def _is_trial(pause: Pause, now: datetime) -> bool:
    passed = now - pause.began_at
    return passed >= _TRIAL_INTERVAL and passed % _TRIAL_INTERVAL < _TRIAL_LENGTH and now < pause.ends_at


def is_on_trial(kind: str, address: str, *, now: datetime) -> bool:
    """Tell whether a number lies in a paused range that a few messages are let through to now."""
    area = phone_numbers.prefix(address) if kind in _COSTLY_KINDS else ""
    return any(pause.range == area and _is_trial(pause, now) for pause in _cache.read().pauses)


def _is_open(controls: _CostControls, country: str, kind: str) -> bool:
    row = controls.countries.get(country)
    if row is None:
        return country == conf.home_region()
    return row.texts if kind == Kind.TEXT else row.calls


def explain(verdict: Verdict) -> str:
    """Say in one sentence why an option is closed."""
    return {
        Verdict.CLOSED: _("Your organisation does not send to this country."),
        Verdict.PAUSED: _("Texts and calls to such numbers are paused for now."),
        Verdict.STOPPED: _("This number answered STOP. Text START to the number that our texts come from."),
    }[verdict]


def cost(kind: str, address: str) -> int:
    """Give what a message to a number costs. Units: thousandths of the currency."""
    if kind not in _COSTLY_KINDS:
        return 0
    row = _cache.read().countries.get(phone_numbers.country(address))
    price = (row.text_price if kind == Kind.TEXT else row.call_price) if row else None
    if price is None:
        price = conf.text_price() if kind == Kind.TEXT else conf.call_price()
    return int(price * UNIT)


def costs(kind: str) -> bool:
    """Tell whether a message of this kind costs."""
    return kind in _COSTLY_KINDS


def foreign_range(kind: str, address: str) -> str:
    """Give the range of a number that is not of the organisation's own country; empty for all others."""
    return (
        phone_numbers.prefix(address)
        if kind in _COSTLY_KINDS and phone_numbers.country(address) != conf.home_region()
        else ""
    )


def caps() -> tuple[SpendingCap, ...]:
    """Give how much may be spent, by span."""
    return _cache.read().caps


# STOP and START ------------------------------------------------------------------------------------------------


def stop(address: str, *, provider: str, now: datetime) -> bool:
    """Remember that the owner of a number told the carrier STOP; True for the first time."""
    digest = crypto.digest("address", address)
    if OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists():
        return False
    with transaction.atomic():
        defaults = {"hint": phone_numbers.mask(address), "provider": provider, "at": now}
        _, is_new = OptOut.objects.get_or_create(address_digest=digest, defaults=defaults)
        if is_new:
            audit.record(
                events.NUMBER_STOPPED, user_id=None, context=Context(now=now), number=phone_numbers.mask(address)
            )
    return is_new


def start(address: str, *, now: datetime) -> bool:
    """Forget it: the owner told the carrier START, or texts got through again."""
    with transaction.atomic():
        gone = OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).delete()[0]
        if gone:
            audit.record(
                events.NUMBER_STARTED, user_id=None, context=Context(now=now), number=phone_numbers.mask(address)
            )
    return bool(gone)


def has_stopped(address: str) -> bool:
    """Tell whether the owner of a number told the carrier STOP."""
    return OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists()


# What looks wrong ----------------------------------------------------------------------------------------------


def evaluate(*, now: datetime) -> list[Pause]:
    """Pause the ranges abroad whose codes hardly anybody types in: that is what pumping texts to costly numbers is.

    People count once, however many messages they ask for, and so do those who asked from one network: their own bounds
    slow them. At home, where a range is a whole city, operators are warned and nothing stops. A range whose pause was
    lifted is left alone as long as the pause would have lasted.
    """
    _end_those_typed_in(now)
    sent = _arrived(now - _EVALUATED_SPAN, now - _TYPING_TIME).exclude(range="")
    people: Any = sent.values("range").annotate(**_PEOPLE, country=Max("country"))  # typed by its literals alone
    settled = set(Pause.objects.filter(ends_at__gt=now).values_list("range", flat=True))
    made = []
    for row in people.filter(n__gte=_MIN_PEOPLE).order_by("range"):
        if row["range"] in settled or row["n_proven"] >= row["n"] * _MIN_PROVEN_SHARE:
            continue
        networks = sent.filter(range=row["range"]).values_list("challenge__network", flat=True).distinct()
        is_home = row["country"] == conf.home_region()
        if is_home or len({network_of(network) for network in networks}) >= _MIN_NETWORKS:
            made.append(_pause(row["range"], row["n"], row["n_proven"], now=now, is_warning=is_home))
    if made:
        forget()
    return made


def _arrived(since: datetime, until: datetime) -> QuerySet[Message]:
    within = {"created_at__gte": since, "created_at__lt": until}
    return Message.objects.filter(challenge__isnull=False, state__in=_ARRIVED, **within)


_PEOPLE = {
    "n": Count("user", distinct=True),
    "n_proven": Count("user", distinct=True, filter=Q(challenge__state=State.PROVEN)),
}


def _end_those_typed_in(now: datetime) -> None:
    """End the pauses of ranges whose codes are typed in again."""
    for pause in Pause.objects.filter(lifted_at=None, ends_at__gt=now, is_warning=False):
        sent = _arrived(pause.began_at, now).filter(range=pause.range)
        known = sent.filter(Q(created_at__lt=now - _TYPING_TIME) | Q(challenge__state=State.PROVEN))
        found = known.aggregate(**_PEOPLE)
        if found["n"] >= _MIN_TRIED and found["n_proven"] >= found["n"] * _PROVEN_SHARE_TO_RESUME:
            lift(pause, staff_id=None, why=_("Codes are typed in again."), context=Context(now=now))


def _pause(area: str, n_sent: int, n_proven: int, *, now: datetime, is_warning: bool) -> Pause:
    said: dict[str, Any] = {"range": area, "n_sent": n_sent, "n_proven": n_proven}
    with transaction.atomic():
        pause = Pause.objects.create(began_at=now, ends_at=now + conf.toll_fraud_pause(), is_warning=is_warning, **said)
        audit.record(
            events.RANGE_WARNED if is_warning else events.RANGE_PAUSED, user_id=None, context=Context(now=now), **said
        )
    _log.warning(
        "of %s people in %s... %s typed their codes in: %s",
        n_sent,
        area,
        n_proven,
        "warned" if is_warning else "paused",
    )
    return pause


def lift(pause: Pause, *, staff_id: int | None, why: str, context: Context) -> bool:
    """End a pause before its time; of two who do, one does."""
    with transaction.atomic():
        rows = Pause.objects.filter(pk=pause.pk, lifted_at=None, ends_at__gt=context.now)
        lifted = rows.update(lifted_at=context.now, lifted_by=staff_id, why_lifted=why)
        if lifted:
            audit.record(
                events.RANGE_LIFTED, user_id=None, actor_id=staff_id, context=context, range=pause.range, reason=why
            )
    forget()
    return bool(lifted)


def paused(now: datetime) -> list[Pause]:
    """List the ranges that nothing goes to now."""
    return list(Pause.objects.filter(lifted_at=None, ends_at__gt=now, is_warning=False).order_by("range"))


def purge(now: datetime, *, keep: timedelta) -> None:
    """Remove pauses that are long over."""
    Pause.objects.filter(ends_at__lt=now - keep).delete()
