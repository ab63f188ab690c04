"""What limits count as one network, and the organisation's own networks, which get higher limits than others."""

import ipaddress

from verification import conf


def network_of(address: str) -> str:
    """Return the network that one person is likely to have: an IPv4 address or an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)


def for_network(most: int, network: str) -> int:
    """Return the limit of a network. The organisation's own networks, where thousands share an address, get more."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return most
    is_own = any(address in ipaddress.ip_network(own) for own in conf.own_networks())
    return most * conf.own_network_factor() if is_own else most
