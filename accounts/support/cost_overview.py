"""What texts and calls cost, and what is stopped because of it: the figures of the overview of costs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from verification import conf, limits, phone_numbers
from verification.limits import blocked_ranges, countries_and_prices, spending_limits
from verification.models import BlockedRange, ChallengeState, Channel, Country, Message, OptOut, Span, SpendingLimit

DAYS = 30  # that the figures of countries look back
_COSTLY = (Channel.TEXT, Channel.CALL)


@dataclass(frozen=True)
class Spending:
    """One spending limit, and what is spent since `since`. Units: the currency; `share` in percent of `stop_at`."""

    pk: int
    period: str
    spent: Decimal
    alarm_at: Decimal | None
    stop_at: Decimal | None
    share: int
    since: datetime | None

    @property
    def is_stopped(self) -> bool:
        return self.stop_at is not None and self.spent >= self.stop_at

    @property
    def is_alarmed(self) -> bool:
        return self.alarm_at is not None and self.spent >= self.alarm_at


@dataclass(frozen=True)
class CountryCost:
    """The messages to one country in some days. Units: `cost` in the currency, from the listed prices."""

    code: str
    n_texts: int
    n_calls: int
    n_proven: int
    cost: Decimal
    is_open: bool

    @property
    def name(self) -> str:
        return phone_numbers.country_name(self.code)

    @property
    def share(self) -> int:
        """The share of its codes that were entered, in percent."""
        return round(100 * self.n_proven / max(self.n_texts + self.n_calls, 1))


@dataclass(frozen=True)
class Overview:
    """Everything that the overview of costs shows."""

    spending: tuple[Spending, ...]
    blocked: tuple[BlockedRange, ...]
    countries: tuple[CountryCost, ...]
    n_opted_out: int
    home: str

    @property
    def stopped(self) -> tuple[Spending, ...]:
        """The limits that stop texts and calls now."""
        return tuple(each for each in self.spending if each.is_stopped)


def overview(now: datetime) -> Overview:
    """Return what texts and calls cost, and what is stopped."""
    return Overview(
        spending=tuple(_spending(now)),
        blocked=tuple(blocked_ranges.in_force(now)),
        countries=tuple(_countries(now)),
        n_opted_out=OptOut.objects.count(),
        home=conf.home_region(),
    )


def _spending(now: datetime) -> list[Spending]:
    windows = {each.span: each.window for each in spending_limits.in_force()}
    found = []
    for row in SpendingLimit.objects.order_by("span"):
        window = windows.get(Span(row.span))
        spent = Decimal(limits.spent(row.span, window, now=now) if window else 0) / countries_and_prices.UNIT
        share = min(100, round(100 * spent / row.stop_at)) if row.stop_at else 0
        since = limits.window_start(window, now) if window else None
        found.append(Spending(row.pk, str(row.get_span_display()), spent, row.alarm_at, row.stop_at, share, since))
    return found


def _countries(now: datetime) -> list[CountryCost]:
    rows = {row.code: row for row in Country.objects.all()}
    sent = Message.objects.filter(created_at__gt=now - timedelta(days=DAYS), kind__in=_COSTLY)
    counted = sent.exclude(handed_at=None).exclude(country="").values("country")
    counts = counted.annotate(
        n_texts=Count("pk", filter=Q(kind=Channel.TEXT)),
        n_calls=Count("pk", filter=Q(kind=Channel.CALL)),
        n_proven=Count("pk", filter=Q(challenge__state=ChallengeState.PROVEN)),
    )
    found = [_country(rows.get(each["country"]), **each) for each in counts]
    return sorted(found, key=lambda each: (-each.cost, each.code))


def _country(row: Country | None, *, country: str, n_texts: int, n_calls: int, n_proven: int) -> CountryCost:
    text_price, call_price = (row.text_price, row.call_price) if row else (None, None)
    cost = n_texts * (conf.text_price() if text_price is None else text_price)
    cost += n_calls * (conf.call_price() if call_price is None else call_price)
    is_open = row.texts or row.calls if row else country == conf.home_region()
    return CountryCost(country, n_texts, n_calls, n_proven, Decimal(cost), is_open)
