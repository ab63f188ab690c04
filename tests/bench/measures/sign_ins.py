"""Measures whole sign-ins, ours and the floor's by turns, so that a busy machine slows both alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.bench.meter import Memory, Usage, family, memory, middle
from tests.bench.site import MeasuredSite, MeasuredSites

REQUESTS = ("open", "password", "page", "code")
_PEOPLE = 16  # in a window of one kind
_BLOCK = 240  # sign-ins over which fsyncs are counted, and what they leave in the database
_CROWD = 64  # browsers at a time: so many that those who wait for a slow carrier leave no server idle
_PAIRS = 3
_EMPTY_ROUNDS = 8
_STEP = 31.0  # seconds until an app shows a new code
_COUNTER_DELAY = 11.0  # seconds until every backend has delivered its counters. Source: PGSTAT_IDLE_INTERVAL


@dataclass
class Series:
    """One kind of sign-in. Units: milliseconds; `windows` usage a sign-in, one a window; `block` over many."""

    title: str
    method: str
    latency: int = 0
    windows: list[Usage] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in REQUESTS})
    block: Usage = field(default_factory=Usage)

    def cpu(self) -> list[float]:
        """Give each window's processor time a sign-in, of all servers."""
        return [window.all_cpu for window in self.windows]

    def parts(self) -> dict[str, float]:
        """Give the median processor time by server."""
        return {part: middle([window.cpu[part] for window in self.windows]) for part in self.windows[0].cpu}

    def wholes(self) -> list[float]:
        """Give how long each sign-in took, without the wait for the telephone."""
        return [sum(parts) for parts in zip(*(self.took[name] for name in REQUESTS), strict=True)]


@dataclass(frozen=True)
class Pace:
    """How many sign-ins a second a crowd of browsers did, and how much of one core its driver used."""

    rate: float
    cpu: float


@dataclass
class SignIns:
    """All that was measured. `hash` is what one check of a password costs, one value a round. Units: milliseconds."""

    floor: Series
    floor_text: Series
    app: Series
    text: Series
    slow: Series  # texts by a carrier that takes a second
    hash: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)  # of an empty view, all servers
    receipt: float = 0.0
    web: Memory = field(default_factory=lambda: Memory(0, 0))
    worker: Memory = field(default_factory=lambda: Memory(0, 0))
    pace: list[tuple[Pace, Pace]] = field(default_factory=list)  # of sign-ins by text, at 0 and at 1000 ms, by turns

    @property
    def slowed(self) -> float:
        """What a slow carrier leaves of the sign-ins a second that a quick one allows: the median of the pairs."""
        return middle([slow.rate / quick.rate for quick, slow in self.pace])

    def all(self) -> list[Series]:
        return [self.floor, self.floor_text, self.app, self.text, self.slow]


def measure(up: MeasuredSites, *, rounds: int, say: Callable[[str], None]) -> SignIns:
    """Sign people in by each kind in turn, round after round; then many of each kind in one go."""
    found = SignIns(
        floor=Series("floor, app code", "totp"),
        floor_text=Series("floor, text", "text"),
        app=Series("app code", "totp"),
        text=Series("text", "text"),
        slow=Series("text, 1000 ms", "text", latency=1000),
    )
    sites = [up.floor, up.floor, up.ours, up.ours, up.ours]
    kinds = list(zip(sites, found.all(), strict=True))
    for number in range(rounds + 1):
        say(f"sign-ins, round {number} of {rounds}")
        # Threads and connections warm up in the first round, which does not count; neither does whose turn is first.
        if number == 1:  # each connection still has the plans that it made when the tables were empty
            up.floor.meter.settle()
            up.ours.meter.settle()
        for site, series in kinds[number % len(kinds) :] + kinds[: number % len(kinds)]:
            with up.turn(site):
                _window(site, series if number else Series(series.title, series.method, series.latency))
        if number:
            with up.turn(up.floor):
                _hash(up.floor, found)
    for site, series in kinds[:4]:
        say(f"sign-ins, {_BLOCK} in one go: {series.title}")
        with up.turn(site):
            _block(up, site, series)
    found.receipt = _receipts(up.ours)
    found.web = _dearest(up.ours, "web")
    found.worker = _dearest(up.ours, "worker-1")
    for turn in range(_PAIRS):
        say(f"{_CROWD} browsers at a time, by texts that take 0 and 1000 ms, pair {turn + 1} of {_PAIRS}")
        found.pace.append((_pace(up.ours, 0), _pace(up.ours, 1000)))
    return found


def _ready(site: MeasuredSite, series: Series, n: int) -> None:
    _treat(site, series)
    site.hand.order("batch", method=series.method, n=n)


def _treat(site: MeasuredSite, series: Series) -> None:
    if series.method == "text" and site.name == "ours":
        site.hand.order("carry", what="treat", latency=series.latency)


def _window(site: MeasuredSite, series: Series) -> None:
    _ready(site, series, _PEOPLE)
    answer, usage = site.measured("sign_in")
    took: Any = answer
    series.windows.append(usage / _PEOPLE)
    for name in REQUESTS:
        series.took[name] += took[name]


def _block(up: MeasuredSites, site: MeasuredSite, series: Series) -> None:
    """Count what is delivered late, such as fsyncs, and what is left in the database.

    Everybody has signed in before, and uses another browser now: a person's first sign-in writes what no later one
    does. What making the people left to do for PostgreSQL, such as their entries in the index of trigrams, is done
    before.
    """
    _ready(site, series, _BLOCK)
    site.hand.order("sign_in")
    _treat(site, series)
    site.hand.order("again")
    up.ours.pause()
    site.meter.settle()
    content = site.meter.content()
    time.sleep(_STEP)
    before = site.meter.read()
    if site is up.ours:
        up.ours.resume()
    site.hand.order("sign_in")
    up.ours.pause()
    time.sleep(_COUNTER_DELAY)
    used = site.meter.read() - before
    site.meter.settle()
    series.block = replace(used, size=site.meter.content() - content) / _BLOCK


def empty_views(up: MeasuredSites) -> list[float]:
    """Measure what an empty view costs, in a few rounds. Units: milliseconds, all servers."""
    with up.turn(up.floor):
        return [_empty(up.floor) for _ in range(_EMPTY_ROUNDS + 1)][1:]  # the first warms up


def _empty(floor: MeasuredSite) -> float:
    _, usage = floor.measured("load", path="/nothing/", n=_PEOPLE)
    return usage.all_cpu / _PEOPLE


def _hash(floor: MeasuredSite, found: SignIns) -> None:
    """Measure what one check of a password costs, and what an empty view does."""
    _, with_it = floor.measured("load", path="/hash/", n=_PEOPLE)
    empty = _empty(floor)
    found.hash.append(with_it.all_cpu / _PEOPLE - empty)
    found.empty.append(empty)


def _receipts(site: MeasuredSite) -> float:
    """Bring receipts as a carrier does, and measure what taking one costs."""
    answer, usage = site.measured("carry", what="bring_receipts", n=120, address=site.address)
    n: Any = answer
    return usage.all_cpu / n if n else 0.0


def _dearest(site: MeasuredSite, name: str) -> Memory:
    """Read the memory of the largest process of a child's family."""
    found = [memory(pid) for each in site.pids(name) for pid in family(each)]
    return max(found, key=lambda one: one.rss)


def _pace(ours: MeasuredSite, latency: int) -> Pace:
    ours.hand.order("carry", what="treat", latency=latency)
    ours.hand.order("batch", method="text", n=_CROWD * 6)
    found = ours.hand.order("pace", width=_CROWD)
    return Pace(rate=found["rate"], cpu=found["cpu"])
