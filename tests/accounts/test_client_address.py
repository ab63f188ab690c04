"""Tests that only configured proxies can say where a request came from."""

from typing import Any

import pytest
from django.test import RequestFactory

from accounts import client_address

PROXY = "10.0.0.1"


def network(
    settings: Any, peer: str, forwarded: str | None = None, *, proxies: tuple[str, ...] = ("10.0.0.0/8",)
) -> str:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address.network(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        (PROXY, "198.51.100.1", "198.51.100.1"),
        (PROXY, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (PROXY, "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (PROXY, "2001:db8::7", "2001:db8::7"),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
        (PROXY, "::ffff:198.51.100.1", "198.51.100.1"),
        (PROXY, f"fe80::1%{'z' * 250}", "fe80::1"),
        ("fe80::1%eth0", None, "fe80::1"),
    ],
)
def test_believes_configured_proxies_alone(settings: Any, peer: str, forwarded: str | None, address: str) -> None:
    """R10: anyone can write the left end of the header."""
    assert network(settings, peer, forwarded) == address


@pytest.mark.parametrize(
    "forwarded",
    ["", "junk", "198.51.100.1:1234", "198.51.100.1, junk", "unknown", "10.0.0.2, 10.0.0.3", "\x00", "a" * 5000],
)
def test_what_cannot_be_read_is_nowhere(settings: Any, forwarded: str) -> None:
    assert network(settings, PROXY, forwarded) == ""


def test_proxy_without_a_word_is_nowhere(settings: Any) -> None:
    assert network(settings, PROXY) == ""


def test_nobody_is_believed_without_proxies(settings: Any) -> None:
    assert network(settings, PROXY, "198.51.100.1", proxies=()) == PROXY
