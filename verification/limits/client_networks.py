"""What limits count as one network, and the organisation's own networks, which get higher limits than others."""

import ipaddress
import itertools

from verification import conf


def network_of(address: str) -> str:
    """Return the network that one person is likely to have: an IPv4 address or an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)


def common_start(address: str) -> str:
    """Return what the text of every address of its network begins with. A few others may begin with it too.

    Shape: as `ipaddress` writes addresses. It shortens zeros, so an IPv6 network is used up to its first zero.
    """
    network = network_of(address)
    if ":" not in network:
        return address
    parts = ipaddress.ip_address(network).exploded.split(":")[:4]
    return "".join(f"{part.lstrip('0')}:" for part in itertools.takewhile(lambda part: int(part, 16), parts))


def for_network(most: int, network: str) -> int:
    """Return the limit of a network. The organisation's own networks, where thousands share an address, get more."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return most
    is_own = any(address in ipaddress.ip_network(own) for own in conf.own_networks())
    return most * conf.own_network_factor() if is_own else most
