"""Availability during outages: which providers are skipped, and when a kind of message can't be sent at all."""

from datetime import datetime

from verification.delivery.routing import outages_in_force, routes
from verification.delivery.routing.routes import Hop
from verification.models import Channel, Outage


def hops(kind: Channel, now: datetime, address: str = "") -> list[Hop]:
    """Return the providers to try for a message, in order. Those that have an outage are skipped."""
    idle = outages_in_force.providers(now)
    return [hop for hop in routes.route(kind, address) if hop.provider.name not in idle]


def off(kind: str, now: datetime, address: str = "") -> Outage | None:
    """Return the outage that stops a kind of message now, to a number or in general.

    If all providers of the kind have an outage, it is the one that ends first.
    """
    if not kind:
        return None
    if switch := outages_in_force.of_kind(kind, now):
        return switch
    idle = outages_in_force.providers(now)
    if not idle:
        return None
    names = (
        [hop.provider.name for hop in routes.route(Channel(kind), address)] if address else routes.able(Channel(kind))
    )
    switches = [idle[name] for name in names if name in idle]
    if not switches or len(switches) < len(names):
        return None
    return min(switches, key=lambda switch: (switch.ends_at is None, switch.ends_at))
