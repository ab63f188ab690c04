"""Tests of the network addresses that no OpenID Connect client may have."""

import pytest

from accounts.integrations.oidc.back_channel import forbidden_networks

FORBIDDEN = [
    "0.1.2.3", "100.100.100.200", "168.63.129.16", "169.254.169.254", "169.254.170.2", "192.0.0.192", "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "198.19.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "127.0.0.1", "::", "::1", "::7f00:1", "::a9fe:a9fe",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:100.100.100.200", "::ffff:0:a9fe:a9fe", "64:ff9b::a9fe:a9fe",
    "64:ff9b::a83f:8110", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1",
    "2001:20::1", "2001:db8::1", "2002:a9fe:a9fe::1", "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1",
    "fd00:c1::a9fe:a9fe", "fd00:ec2::23", "fd00:ec2::254", "fd00:42::42", "fd20:ce::254", "fe80::1", "fe80::a9fe:a9fe",
    "fe80::1%1", "fec0::1", "ff02::1",
]  # fmt: skip
ALLOWED = [
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "9.9.9.9", "2606:4700::1", "fd12:3456::1", "fc00::1",
    "::ffff:9.9.9.9", "64:ff9b::909:909", "64:ff9b::a00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_forbids_special_purposes_and_metadata_in_every_form(address: str) -> None:
    """Seen failing for 27 of them, such as 100.100.100.200, fd00:ec2::254 and 2002:a9fe:a9fe::1."""
    assert forbidden_networks.has(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_allows_public_and_private_addresses(address: str) -> None:
    assert not forbidden_networks.has(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_allowed_where_the_caller_says_so(address: str) -> None:
    assert not forbidden_networks.has(address, is_loopback_allowed=True)
