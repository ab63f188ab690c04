"""Availability: why no message of a kind can be sent now, such as an outage of the kind or of all its providers."""

from datetime import datetime

from verification.delivery.routing import outages_in_force, routes
from verification.models import Channel, Outage


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
