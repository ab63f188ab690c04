"""Tells why nothing of a kind goes out now: it is switched off, or all who would carry it are, or nobody does."""

from datetime import datetime

from django.utils.translation import gettext as _

from verification.delivery.routing import outages, routes
from verification.models import Kind, Outage


def off(kind: str, now: datetime, address: str = "") -> Outage | None:
    """Give the switch that keeps a kind of message from going out now: to a number, or without one to anywhere.

    Where all who would carry it are off, one by one, it is the switch that ends first.
    """
    if not kind:
        return None
    if switch := outages.of_kind(kind, now):
        return switch
    idle = outages.providers(now)
    if not idle:
        return None
    names = [hop.provider.name for hop in routes.route(Kind(kind), address)] if address else routes.able(Kind(kind))
    switches = [idle[name] for name in names if name in idle]
    if not switches or len(switches) < len(names):
        return None
    return min(switches, key=lambda switch: (switch.ends_at is None, switch.ends_at))


def why(kind: str, now: datetime, address: str = "") -> str:
    """Say in one sentence why nothing of a kind goes out, to a number or to anywhere; empty if it does."""
    if not kind:
        return ""
    if switch := off(kind, now, address):
        return outages.words(switch, Kind(kind))
    if routes.able(Kind(kind)):
        return ""
    return {
        Kind.TEXT: _("Your organisation doesn’t send texts."),
        Kind.CALL: _("Your organisation doesn’t make calls."),
        Kind.MAIL: _("Your organisation doesn’t send codes by email."),
    }[Kind(kind)]
