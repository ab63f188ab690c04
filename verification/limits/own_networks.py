"""The organisation's own networks, where thousands share an address, get higher limits than others."""

import ipaddress

from verification import conf


def for_network(most: int, network: str) -> int:
    """Return the limit of a network. The organisation's own networks, where thousands share an address, get more."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return most
    is_own = any(address in ipaddress.ip_network(own) for own in conf.own_networks())
    return most * conf.own_network_factor() if is_own else most
