"""Measures the year: real sign-ins first, then copies of them, then what pages and removals cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.bench.measures import pages
from tests.bench.measures.pages import PageTimes
from tests.bench.site import MeasuredSite, MeasuredSites

PER_DAY = 100_000
_DAYS = 365
_APPS, _TEXTS = 7, 3  # of ten real sign-ins
_N_GENUINE = 50_000
_MONTHS = 13
_RECORD = "/admin/accounts/user/record/"
_N_GROWN = 150  # sign-ins during which autovacuum is off


@dataclass
class Ageing:
    """What was found. Units: seconds, bytes; `share` of a day's 100,000 sign-ins in the database."""

    share: float
    per_sign_in: Mapping[str, float] = field(default_factory=dict)
    genuine: Mapping[str, float] = field(default_factory=dict)
    removed: float = 0
    filled: float = 0
    sizes: Mapping[str, list[tuple[str, int, int]]] = field(default_factory=dict)
    dropped: Mapping[str, float] = field(default_factory=dict)
    deleted: Mapping[str, float] = field(default_factory=dict)
    pages: list[PageTimes] = field(default_factory=list)
    growth: Mapping[str, float] = field(default_factory=dict)
    updates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    n_genuine: int = _N_GENUINE
    n_grown: int = _N_GROWN * 2


def measure(up: MeasuredSites, *, share: float, say: Callable[[str], None]) -> Ageing:
    """Fill twelve months, and measure."""
    site, found = up.ours, Ageing(share)
    site.pause()
    say("ageing: a month that verifies")
    found.genuine = _asked(site, "genuine", back=_MONTHS, n=_N_GENUINE)
    found.removed = _asked(site, "remove", back=_MONTHS - 1)
    site.resume()
    say("ageing: real sign-ins")
    for method, n in (("totp", _APPS), ("text", _TEXTS)):
        site.hand.order("batch", method=method, n=n)
        site.hand.order("sign_in")
    site.pause()  # housekeeping would seal copies that no key signed
    try:
        found.per_sign_in = _asked(site, "shapes", sign_ins=_APPS + _TEXTS)
        month = round(PER_DAY * share * _DAYS / 12)
        for back in range(_MONTHS - 1, -1, -1):
            say(f"ageing: month {_MONTHS - back} of {_MONTHS}, {month:,} sign-ins")
            found.filled += _asked(site, "fill", back=back, sign_ins=month, tables=3 if back < 2 else 1)
        say("ageing: vacuum")
        _asked(site, "settle")
        found.sizes = _asked(site, "sizes")
        found.pages = _pages(site, say)
        say("ageing: a month dropped, another deleted")
        found.dropped = _asked(site, "goes", back=_MONTHS - 1, how="drop")
        found.deleted = _asked(site, "goes", back=_MONTHS - 2, how="delete")
    finally:
        site.resume()
    _grow(site, found, say)
    return found


def _asked(site: MeasuredSite, what: str, **more: Any) -> Any:
    return site.hand.order("age", what=what, **more)


def _pages(site: MeasuredSite, say: Callable[[str], None]) -> list[PageTimes]:
    samples: Any = site.hand.order("carry", what="samples", n=48)
    today = datetime.now(UTC).date()
    kinds: dict[str, Callable[[Mapping[str, str], int], str]] = {
        "newest events": lambda _who, _n: _RECORD,
        "of a person": lambda who, _n: f"{_RECORD}?person={who['username']}",
        "of a kind": lambda _who, _n: f"{_RECORD}?kind=sign_in.completed",
        "serious ones": lambda _who, _n: f"{_RECORD}?level=serious",
        "of a day": lambda _who, n: (
            f"{_RECORD}?since={today - timedelta(days=n * 7)}&until={today - timedelta(days=n * 7)}"
        ),
        "from the office": lambda _who, _n: f"{_RECORD}?network=198.51.100.7",
        "from one network": lambda _who, n: f"{_RECORD}?network=10.{n}.{n * 3 % 256}.",
        "from nowhere": lambda _who, n: f"{_RECORD}?network=203.0.113.{n}",
        "of a ticket": lambda _who, n: f"{_RECORD}?ticket=INC-{n}",
    }
    found = []
    for name, address in kinds.items():
        say(f"ageing: audit log, {name}")
        paths = [address(who, n) for n, who in enumerate(samples)]
        found.append(pages.measured(site, f"audit log: {name}", paths, who="auditor"))
    for name in (*pages.SEARCHES, "a case"):
        say(f"ageing: desk, {name}")
        found.append(pages.measured(site, name, [pages.DESK[name](who) for who in samples], who="staff"))
    return found


def _grow(site: MeasuredSite, found: Ageing, say: Callable[[str], None]) -> None:
    """Sign in without autovacuum, and tell by how much each table grew."""
    say("ageing: growth without autovacuum")
    _asked(site, "autovacuum", is_on=False)
    before, updated = _asked(site, "growth"), _asked(site, "updates")
    for method in ("totp", "text"):
        site.hand.order("batch", method=method, n=_N_GROWN)
        site.hand.order("sign_in")
    after, now = _asked(site, "growth"), _asked(site, "updates")
    _asked(site, "autovacuum", is_on=True)
    found.growth = {
        name: (size - before.get(name, 0)) / found.n_grown for name, size in after.items() if size > before.get(name, 0)
    }
    for name, (n, hot) in now.items():
        former_n, former_hot = updated.get(name, (0, 0))
        if n > former_n:
            found.updates = {**found.updates, name: (n - former_n, hot - former_hot)}
