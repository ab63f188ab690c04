"""Measures one kind of request of ours in turn with an empty view of the floor, and compares both."""

from dataclasses import dataclass, field

from tests.bench.meter import Usage, middle
from tests.bench.processes import DriverProcess
from tests.bench.site import MeasuredSite, MeasuredSites

EMPTY = "/nothing/"  # of the floor


@dataclass(frozen=True)
class Cost:
    """What one kind of request costs.

    Units: `usage` one value a round, for one request; `took` milliseconds, in the order of the requests.
    """

    usage: list[Usage] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        """The median of the processor time of all servers. Units: milliseconds."""
        return middle([each.all_cpu for each in self.usage])

    def add(self, site: MeasuredSite, hand: DriverProcess, order: str, *, n: int, **more: object) -> None:
        """Have a driver do so many, and add what the site used for one."""
        before = site.meter.read()
        self.took.extend(hand.order(order, n=n, **more))
        self.usage.append((site.meter.read() - before) / n)


@dataclass(frozen=True)
class Compared:
    """A kind of request, and the empty view that was loaded in turn with it."""

    ours: Cost = field(default_factory=Cost)
    empty: Cost = field(default_factory=Cost)

    @property
    def ratio(self) -> float:
        """The processor time of ours to that of the empty view: the median of the rounds, each with its own."""
        pairs = zip(self.ours.usage, self.empty.usage, strict=True)
        return middle([ours.all_cpu / empty.all_cpu for ours, empty in pairs])


def measured(up: MeasuredSites, hand: DriverProcess, order: str, *, rounds: int, n: int) -> Compared:
    """Have a driver do one thing and load the empty view in turn. The driver knows an order `empty`."""
    found = Compared()
    for _ in range(rounds):
        found.ours.add(up.ours, hand, order, n=n)
        found.empty.add(up.floor, hand, "empty", n=n, address=up.floor.address)
    return found
