"""Tells why nothing of a kind goes out now: it is switched off, or all who would carry it are, or nobody does."""

from datetime import datetime

from django.utils.translation import gettext as _

from verification import outages
from verification.delivery import routes
from verification.models import Kind, Outage


def off(kind: str, now: datetime, address: str = "") -> Outage | None:
    """Give the switch that keeps a kind of message, to a number if one is given, from going out now.

    Where it is all its providers that are off, one by one, it is the switch that ends first.
    """
    if not kind:
        return None
    if switch := outages.of_kind(kind, now):
        return switch
    idle = outages.providers(now)
    if not idle:
        return None
    switches = [idle.get(hop.provider.name) for hop in routes.route(Kind(kind), address)]
    known = [switch for switch in switches if switch]
    if not known or len(known) < len(switches):
        return None
    return min(known, key=lambda switch: (switch.ends_at is None, switch.ends_at))


def why(kind: str, now: datetime, address: str = "") -> str:
    """Say in one sentence why nothing of a kind goes out, to a number if one is given; empty if it does."""
    if not kind:
        return ""
    if switch := off(kind, now, address):
        return outages.words(switch, Kind(kind))
    if kind in routes.carried():
        return ""
    return {
        Kind.TEXT: _("Your organisation does not send texts."),
        Kind.CALL: _("Your organisation does not make calls."),
        Kind.MAIL: _("Your organisation does not send codes by mail."),
    }[Kind(kind)]
