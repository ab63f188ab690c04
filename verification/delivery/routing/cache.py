"""Routes and circuits, cached for `cache_seconds`, so that sending a message doesn't query them."""

from dataclasses import dataclass

from django.db.models import Q

from verification.db.ttl_cache import TTLCache
from verification.models import Channel, Circuit, CircuitState, Route


@dataclass(frozen=True)
class RoutingSnapshot:
    """The active routes in their order, and the circuits that aren't closed."""

    routes: tuple[Route, ...]
    circuits: dict[tuple[str, str], Circuit]

    def circuit(self, provider: str, kind: Channel) -> Circuit | None:
        """Return a provider's circuit, or None if it didn't fail recently."""
        return self.circuits.get((provider, str(kind)))


def _load() -> RoutingSnapshot:
    hurt = Circuit.objects.filter(~Q(state=CircuitState.CLOSED) | Q(failures__gt=0))
    return RoutingSnapshot(
        routes=tuple(Route.objects.filter(is_on=True).order_by("order", "pk")),
        circuits={(row.provider, row.kind): row for row in hurt},
    )


_cache = TTLCache(_load)
read = _cache.read
forget = _cache.forget
