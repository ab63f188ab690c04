"""Reader of IP addresses from outside: IPv4, IPv6, and IPv4 addresses inside IPv6 ones. None for anything else."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address


def address(value: object) -> IPv4Address | IPv6Address | None:
    """Read an IP address. An IPv4 address inside an IPv6 one counts as itself, and a zone is no part of an address."""
    if not isinstance(value, str) or len(value) > 300:
        return None
    return _address(value)


@lru_cache(maxsize=1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read it once: each request asks several times for its proxy's address and its own."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
