"""Network addresses that no client can have: loopback, a cloud's metadata services, and other special purposes.

Private addresses are allowed, because many applications of an organisation have them. Source: IANA IPv4 and IPv6
Special-Purpose Address Registries (RFC 6890), and the clouds' documentation of their metadata services.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Network

from verification import inputs

_IPV4 = [
    IPv4Network(each)
    for each in (
        "0.0.0.0/8",  # this network
        "100.100.100.200/32",  # metadata of Alibaba Cloud; the rest of 100.64.0.0/10 is private in many clouds
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's agent: secrets of the machine
        "169.254.0.0/16",  # link-local, with the metadata of nearly all clouds
        "192.0.0.0/24",  # IETF protocols, with the metadata of Oracle Cloud
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
_IPV6_IN_USE = [IPv6Network("2000::/3"), IPv6Network("fc00::/7")]  # global unicast and private; the rest is reserved
_IPV6 = [
    IPv6Network(each)
    for each in (
        "2001::/23",  # IETF protocols, with Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
        "fd00:c1::/32",  # metadata of Oracle Cloud
        "fd00:ec2::/32",  # metadata and other services of AWS
        "fd00:42::42/128",  # metadata of Scaleway
        "fd20:ce::/32",  # metadata of Google Cloud
    )
]
_NAT64 = IPv6Network("64:ff9b::/96")


def has(text: str, *, is_loopback_allowed: bool = False) -> bool:
    """Return whether an address is forbidden. An IPv4 address inside an IPv6 one counts as itself."""
    address = inputs.address(text)
    if address is None:
        return True
    if address in _NAT64:
        address = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.is_loopback:
        return not is_loopback_allowed
    if isinstance(address, IPv4Address):
        return any(address in network for network in _IPV4)
    is_in_use = any(address in network for network in _IPV6_IN_USE)
    return not is_in_use or any(address in network for network in _IPV6)
