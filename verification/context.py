"""What an entrance knows about the moment of an action: time, place, program. Plain values, no request."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Context:
    """The circumstances of one action, read once at the entrance and handed down.

    Shape: `network` is a textual IP address, empty if unknown; `browser` the raw remember token of the cookie;
    `device` the raw cookie by which `browsers.known_browsers` knows a browser.
    Units: `now` is aware, UTC.
    """

    now: datetime
    network: str = ""
    agent: str = ""
    browser: str = ""
    device: str = ""
    language: str = "en"


def network_of(address: str) -> str:
    """Fold an address to what one person is likely to hold: an IPv4 address or an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)
