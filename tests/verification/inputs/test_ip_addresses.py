"""Tests of the reader of IP addresses."""

from ipaddress import ip_address

import pytest

from verification import inputs


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        (f"fe80::1%{'z' * 200}", "fe80::1"),
        ("::ffff:192.0.2.7%eth0", "192.0.2.7"),
        (f"fe80::1%{'z' * 300}", None),
        ("192.0.2.7:443", None),
        ("", None),
        ("\0", None),
    ],
)
def test_reads_addresses_without_their_zone(value: str, found: str | None) -> None:
    assert inputs.address(value) == (ip_address(found) if found else None)
