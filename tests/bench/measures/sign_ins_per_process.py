"""Measures sign-ins a second against the number of web processes, with what each server used for one."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import meter
from tests.bench.meter import Usage
from tests.bench.site import MeasuredSites

PROCESSES = (1, 2, 4)
_CROWD = 32
_SECONDS = 20  # of sign-ins by each number of processes
_N = 1500  # people: more than sign in within that time, on a small machine


@dataclass(frozen=True)
class Step:
    """So many web processes. Units: `rate` sign-ins a second; `usage` a sign-in; `memory` MiB of all web processes.

    Shape: `driver` is what the load generator used of one core.
    On a machine that does something else as well, `rate` is too low. The processor time of `usage` holds even then.
    """

    processes: int
    rate: float
    usage: Usage
    memory: float
    driver: float


def measure(up: MeasuredSites, *, say: Callable[[str], None]) -> list[Step]:
    """Sign people in by app codes, thirty-two at a time, by one, two and four web processes of eight threads."""
    try:
        return [_measure(up, processes, say) for processes in PROCESSES]
    finally:
        up.web(2)


def _measure(up: MeasuredSites, processes: int, say: Callable[[str], None]) -> Step:
    say(f"sign-ins by {processes} web processes")
    up.web(processes)
    hand = up.ours.hand
    hand.order("batch", method="totp", n=_CROWD * 3)
    hand.order("pace", width=_CROWD)  # warms up
    hand.order("batch", method="totp", n=_N)
    before = up.ours.meter.read()
    found = hand.order("pace", width=_CROWD, seconds=_SECONDS)
    usage = (up.ours.meter.read() - before) / int(found["n"])
    pids = [pid for first in up.ours.pids("web") for pid in meter.family(first)]
    memory = sum(meter.memory(pid).rss for pid in pids)
    return Step(processes, float(found["rate"]), usage, memory, driver=float(found["cpu"]))
