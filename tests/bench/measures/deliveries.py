"""Measures messages on their way: from the wake-up, and from the request that asks, to the carrier."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench import meter
from tests.bench.site import MeasuredSite, MeasuredSites

_LATENCY = 200  # milliseconds


@dataclass
class Rate:
    """One steady rate. Units: `rate` a second; milliseconds; `cpu` those of the workers' processors a message.

    `took` counts from the wake-up, `whole` from the beginning of the action that asks, which runs on the same cores.
    """

    rate: int
    took: list[float]
    cpu: float
    whole: list[float]


@dataclass
class Deliveries:
    """All that was measured. `through` counts messages a second through a carrier that takes 200 ms."""

    rates: list[Rate] = field(default_factory=list)
    through: float = 0.0
    through_cpu: float = 0.0


def measure(up: MeasuredSites, *, is_full: bool, say: Callable[[str], None]) -> Deliveries:
    """Put messages out at steady rates, then as many as go, by two workers as in production."""
    found = Deliveries()
    hand = up.ours.hand
    say("deliveries: two workers of 64 threads")
    up.workers(threads=64)
    hand.order("carry", what="treat", latency=0)
    hand.order("carry", what="enqueue", n=200, rate=100)  # warms up
    plan = [(10, 200), (100, 1000)] if not is_full else [(10, 300), (100, 2000), (200, 3000)]
    for rate, n in plan:
        say(f"deliveries: {rate} a second")
        before = _workers(up.ours)
        took = hand.order("carry", what="enqueue", n=n, rate=rate)
        cpu = (_workers(up.ours) - before) / n
        found.rates.append(Rate(rate, took, cpu, hand.order("carry", what="ask", n=n // 2, rate=rate)))
    say(f"deliveries: as many as go through {_LATENCY} ms")
    hand.order("carry", what="treat", latency=_LATENCY)
    up.ours.meter.settle()  # or plans would be those of empty tables
    n = 4000 if is_full else 2000
    up.ours.pause()
    hand.order("carry", what="put_out", n=n)
    before = _workers(up.ours)
    up.ours.resume()
    found.through = hand.order("carry", what="through", n=n)
    found.through_cpu = (_workers(up.ours) - before) / n
    return found


def _workers(ours: MeasuredSite) -> float:
    """Give the processor time of all workers so far. Units: milliseconds."""
    return sum(meter.family_cpu(pid) for pid in ours.pids("worker"))
