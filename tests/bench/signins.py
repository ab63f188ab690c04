"""Measures whole sign-ins, ours and the floor's by turns, so that a busy machine slows both alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench import meter
from tests.bench.rooms import Rooms, Site

REQUESTS = ("open", "password", "page", "code")
THREE = ("open", "password", "code")  # the page between is what a browser loads besides
_PEOPLE = 16  # a round of one kind
_RECEIPTS = 120


@dataclass
class Series:
    """One kind of sign-in. Units: milliseconds; `cpu` by request, one value a round; `took` one a request."""

    title: str
    method: str
    latency: int = 0
    cpu: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in REQUESTS})
    took: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in REQUESTS})
    statements: dict[str, tuple[int, int]] = field(default_factory=dict)
    parallel: list[float] = field(default_factory=list)
    parallel_cpu: float = 0.0

    def rounds(self, requests: tuple[str, ...]) -> list[float]:
        """Give each round's processor time for a sign-in of these requests."""
        return [sum(parts) for parts in zip(*(self.cpu[name] for name in requests), strict=True)]

    def net(self, requests: tuple[str, ...], hashes: list[float]) -> list[float]:
        """Give each round's processor time for these requests, without that round's hash where one is among them."""
        hashed = "password" in requests
        return [whole - hashed * one for whole, one in zip(self.rounds(requests), hashes, strict=True)]

    def wholes(self) -> list[float]:
        """Give how long each sign-in took, without the wait for the telephone."""
        return [sum(parts) for parts in zip(*(self.took[name] for name in THREE), strict=True)]


@dataclass
class SignIns:
    """All that was measured. `receipt` is the web's processor time for one receipt of the carrier, nought: unknown."""

    floor: Series
    floor_text: Series
    ours: list[Series]
    hash: list[float] = field(default_factory=list)  # one value a round
    receipt: float = 0.0
    memory: float = 0.0
    pace: tuple[float, float] = (0.0, 0.0)  # sign-ins by text a second, at 0 and at 1000 ms


def measure(up: Rooms, *, rounds: int, is_full: bool, say: Callable[[str], None]) -> SignIns:
    """Sign people in by each kind in turn, round after round."""
    app = Series("password + app code", "totp")
    found = SignIns(
        floor=Series("floor, app code", "totp"),
        floor_text=Series("floor, text", "text"),
        ours=[app, Series("password + text, 0 ms", "text"), Series("password + text, 1000 ms", "text", latency=1000)],
    )
    kinds = [(up.floor, found.floor), (up.floor, found.floor_text), *((up.ours, series) for series in found.ours)]
    for number in range(rounds + 1):
        say(f"sign-ins, round {number} of {rounds}")
        # Threads and connections warm up in the first round, which does not count; neither does whose turn is first.
        for site, series in kinds[number % len(kinds) :] + kinds[: number % len(kinds)]:
            _round(site, series if number else Series(series.title, series.method), floor=up.floor)
        if number:
            found.hash.append(_hash(up.floor))
    for site, series in kinds:
        series.statements = {
            name: (n, control) for name, n, control in site.hand.order("statements", method=series.method)
        }
    found.receipt = _receipts(up.ours)
    found.memory = meter.memory(up.ours.web) / max(len(up.ours.web) - 1, 1)
    if is_full:
        say("eight browsers at a time, by text")
        up.two_workers()
        found.pace = _pace(up.ours, 0), _pace(up.ours, 1000)
        say("eight browsers at a time")
        for _ in range(3):
            for site, series in ((up.floor, found.floor), (up.ours, app)):
                site.hand.order("batch", method="totp", n=120)
                took, cpu = site.order("whole", width=8)
                series.parallel += took
                series.parallel_cpu = cpu / 120
    return found


def _round(site: Site, series: Series, *, floor: Site) -> None:
    if series.method == "text" and site is not floor:
        site.hand.order("carry", what="treat", latency=series.latency)
    site.hand.order("batch", method=series.method, n=_PEOPLE)
    for name in REQUESTS:
        took, cpu = site.order(name)
        series.took[name] += took
        series.cpu[name].append(cpu / _PEOPLE)
        if name == "password":
            site.hand.order("wait")


def _pace(ours: Site, latency: int) -> float:
    """Let eight browsers sign in by text, and tell how many a second do, the best of three.

    The demo's one worker has a thread for each of sixteen texts, fewer than a second brings: production's have more.
    """
    ours.hand.order("carry", what="treat", latency=latency)
    paces = []
    for _ in range(3):
        ours.hand.order("batch", method="text", n=96)
        begun = time.monotonic()
        ours.hand.order("whole", width=8)
        paces.append(96 / (time.monotonic() - begun))
    return max(paces)


def _hash(floor: Site) -> float:
    """Measure what one check of a password costs a web process."""
    _, with_it = floor.order("load", path="/hash/", n=_PEOPLE)
    _, without = floor.order("load", path="/nothing/", n=_PEOPLE)
    return (with_it - without) / _PEOPLE


def _receipts(site: Site) -> float:
    """Bring receipts as a carrier does, and measure what taking one costs the web."""
    n, cpu = site.order("carry", what="bring_receipts", n=_RECEIPTS)
    return cpu / n if n else 0.0
