"""Trusted networks, in which people aren't asked for the second step."""

import ipaddress

from verification.policies.rules import Rules


def is_trusted(network: str, rules: Rules) -> bool:
    """Return whether an address lies in a network where nothing is asked. An unreadable address never does."""
    try:
        address = ipaddress.ip_address(network)
        return any(address in ipaddress.ip_network(trusted, strict=False) for trusted in rules.trusted_networks)
    except ValueError:
        return False
