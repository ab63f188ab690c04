"""`Context`: when, from where and with which browser an action happens, as plain values without a request."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Context:
    """The circumstances of one action, read once at the entry point and passed down.

    Shape: `network` is an IP address as text, empty if unknown; `browser` is the raw token of the remember cookie;
    `device` is the raw cookie of `browsers.known_browsers`. Units: `now` is aware, UTC.
    """

    now: datetime
    network: str = ""
    agent: str = ""
    browser: str = ""
    device: str = ""
    language: str = "en"


def network_of(address: str) -> str:
    """Return the network that one person is likely to have: an IPv4 address or an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)
