"""Protection against toll fraud (SMS pumping) and runaway cost: countries, spending limits, blocked ranges, opt-outs.

Operators set the rules in the admin; each process reads them every few seconds. Authenticator apps, passkeys and
recovery codes are never affected.
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

from verification import audit, conf, phone_numbers, time_format
from verification.audit import events
from verification.context import Context, network_of
from verification.db.ttl_cache import TTLCache
from verification.keys import crypto
from verification.models import (
    BlockedRange,
    ChallengeState,
    Channel,
    Country,
    Message,
    MessageState,
    OptOut,
    Span,
    SpendingLimit,
)
from verification.outcomes import Verdict

_log = logging.getLogger(__name__)
_COSTLY_KINDS = frozenset({Channel.TEXT, Channel.CALL})
UNIT = 1000  # amounts are counted in thousandths of the currency
_EVALUATED_SPAN = timedelta(hours=1)  # how far back a range is evaluated
_TYPING_TIME = timedelta(minutes=5)  # codes younger than this may still be entered
_MIN_PEOPLE = 15  # fewer people say too little about a range
_MIN_NETWORKS = 3  # fewer networks are stopped by their own limits
_MIN_PROVEN_SHARE = 1 / 5
_TRIAL_LENGTH = timedelta(minutes=1)  # in each interval, a blocked range is open this long
MAX_TRIAL_MESSAGES = 4  # to a blocked range in each trial
_TRIAL_INTERVAL = timedelta(minutes=15)
_MIN_TRIED = 3  # people who must get a code in a trial before the range can be unblocked
_PROVEN_SHARE_TO_RESUME = 1 / 2
_SPANS = {Span.DAY: timedelta(days=1), Span.MONTH: timedelta(days=30)}
# A message that never arrived says nothing: nobody could enter its code, so an outage must not look like fraud.
_ARRIVED = (
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.RINGING,
    MessageState.ANSWERED,
    MessageState.DELIVERED,
)


@dataclass(frozen=True)
class SpendingWindow:
    """A spending limit as it is counted. Units: thousandths of the currency; None is no limit."""

    span: Span
    window: timedelta
    alarm_at: int | None
    stop_at: int | None


@dataclass(frozen=True)
class _CostControls:
    countries: dict[str, Country]
    blocked_ranges: tuple[BlockedRange, ...]
    spending_limits: tuple[SpendingWindow, ...]


def _thousandths(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * UNIT)


def _load() -> _CostControls:
    windows = [
        SpendingWindow(Span(row.span), _SPANS[Span(row.span)], _thousandths(row.alarm_at), _thousandths(row.stop_at))
        for row in SpendingLimit.objects.order_by("span")
    ]
    return _CostControls(
        countries={row.code: row for row in Country.objects.all()},
        blocked_ranges=tuple(blocked_ranges(timezone.now())),
        spending_limits=tuple(windows),
    )


_cache = TTLCache(_load, seconds=lambda: 5 * conf.cache_seconds())
forget = _cache.forget


def refusal(kind: str, address: str, *, now: datetime, is_opted_out: bool = False) -> Verdict | None:
    """Return why no text or call may be sent to a number now, or None. Emails are never refused."""
    if kind not in _COSTLY_KINDS:
        return None
    if is_opted_out and kind == Channel.TEXT:
        return Verdict.STOPPED
    controls = _cache.read()
    if not _is_open(controls, phone_numbers.country(address), kind):
        return Verdict.COUNTRY_NOT_ALLOWED
    prefix = phone_numbers.prefix(address)
    if any(blocked.range == prefix and _is_blocked(blocked, now) for blocked in controls.blocked_ranges):
        return Verdict.PAUSED
    return None


def _is_blocked(blocked: BlockedRange, now: datetime) -> bool:
    """Return whether a range gets nothing now. One minute in fifteen is a trial, in which a few messages are sent."""
    return now < blocked.ends_at and not _is_trial(blocked, now)


def _is_trial(blocked: BlockedRange, now: datetime) -> bool:
    passed = now - blocked.began_at
    return passed >= _TRIAL_INTERVAL and passed % _TRIAL_INTERVAL < _TRIAL_LENGTH and now < blocked.ends_at


def paused_until(address: str, *, now: datetime) -> datetime | None:
    """Return when the block of a number's range ends, if nobody lifts it earlier. None if it isn't blocked."""
    prefix = phone_numbers.prefix(address)
    ends = (each.ends_at for each in _cache.read().blocked_ranges if each.range == prefix and now < each.ends_at)
    return max(ends, default=None)


def is_on_trial(kind: str, address: str, *, now: datetime) -> bool:
    """Return whether a number is in a blocked range that gets a few messages now, to see if codes are entered again."""
    prefix = phone_numbers.prefix(address) if kind in _COSTLY_KINDS else ""
    return any(each.range == prefix and _is_trial(each, now) for each in _cache.read().blocked_ranges)


def _is_open(controls: _CostControls, country: str, kind: str) -> bool:
    row = controls.countries.get(country)
    if row is None:
        return country == conf.home_region()
    return row.texts if kind == Channel.TEXT else row.calls


def explain(verdict: Verdict, *, until: datetime | None = None) -> str:
    """Return one sentence for the person about why an option can't be used, with the end of a pause."""
    paused = _("Texts and calls to numbers like this one are paused.")
    if until is not None:
        paused = _("Texts and calls to numbers like this one are paused until %(moment)s.") % {
            "moment": time_format.moment(until)
        }
    return {
        Verdict.COUNTRY_NOT_ALLOWED: _("Your organisation doesn't send messages to this country."),
        Verdict.PAUSED: paused,
        Verdict.STOPPED: _("This number opted out with STOP. Text START to the number that our texts come from."),
    }[verdict]


def cost(kind: str, address: str) -> int:
    """Return the price of a message to a number. Units: thousandths of the currency."""
    if kind not in _COSTLY_KINDS:
        return 0
    return _price(kind, _cache.read().countries.get(phone_numbers.country(address)))


def lowest_cost(kind: str) -> int:
    """Return the lowest price of a message to any number that is allowed. Units: as `cost`."""
    if kind not in _COSTLY_KINDS:
        return 0
    countries = {conf.home_region(): None, **_cache.read().countries}
    allowed = [row for code, row in countries.items() if _is_open(_cache.read(), code, kind)]
    return min((_price(kind, row) for row in allowed), default=_price(kind, None))


def _price(kind: str, row: Country | None) -> int:
    price = (row.text_price if kind == Channel.TEXT else row.call_price) if row else None
    if price is None:
        price = conf.text_price() if kind == Channel.TEXT else conf.call_price()
    return int(price * UNIT)


def costs(kind: str) -> bool:
    """Return whether messages of this kind cost money."""
    return kind in _COSTLY_KINDS


def foreign_range(kind: str, address: str) -> str:
    """Return the range of a number abroad. Empty for emails and for numbers of the organisation's own country."""
    return (
        phone_numbers.prefix(address)
        if kind in _COSTLY_KINDS and phone_numbers.country(address) != conf.home_region()
        else ""
    )


def spending_limits() -> tuple[SpendingWindow, ...]:
    """Return the spending limits, one for each period that has one."""
    return _cache.read().spending_limits


# Opt-out: STOP and START ---------------------------------------------------------------------------------------


def stop(address: str, *, provider: str, now: datetime) -> bool:
    """Record that the owner of a number replied STOP. Return True the first time."""
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
    """Remove an opt-out, because the owner replied START or texts are delivered again. Return whether there was one."""
    with transaction.atomic():
        gone = OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).delete()[0]
        if gone:
            audit.record(
                events.NUMBER_STARTED, user_id=None, context=Context(now=now), number=phone_numbers.mask(address)
            )
    return bool(gone)


def has_stopped(address: str) -> bool:
    """Return whether the owner of a number opted out of texts."""
    return OptOut.objects.filter(address_digest__in=crypto.digests("address", address)).exists()


# Blocked ranges ------------------------------------------------------------------------------------------------


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
        forget()
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
    for blocked in blocked_ranges(now):
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
            events.RANGE_WARNED if is_warning else events.RANGE_PAUSED, user_id=None, context=Context(now=now), **found
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
                events.RANGE_LIFTED, user_id=None, actor_id=staff_id, context=context, range=blocked.range, reason=why
            )
    forget()
    return bool(lifted)


def blocked_ranges(now: datetime) -> list[BlockedRange]:
    """Return the ranges that are blocked now, without mere warnings."""
    return list(BlockedRange.objects.filter(lifted_at=None, ends_at__gt=now, is_warning=False).order_by("range"))


def purge(now: datetime, *, keep: timedelta) -> None:
    """Delete blocked ranges that ended longer ago than `keep`."""
    BlockedRange.objects.filter(ends_at__lt=now - keep).delete()
