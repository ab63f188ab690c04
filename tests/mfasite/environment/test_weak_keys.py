"""Keys that can be guessed are refused outside the demo, and random ones never are."""

import base64
import hashlib
import re
import secrets

import pytest
from pytest_django import Settings

from mfasite import checks
from mfasite.environment import weak_keys

GOOD = "T4w-ds7Gk2_pQx9Lm-Vz3Rb8Nc6Yf1Hj5Ke0Ua-Wi_So7Dt2Ep"
KEY = hashlib.sha256(b"a key of these tests").digest()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "short",
        GOOD[:49],
        "x" * 64,
        "django-insecure-" + GOOD,
        "DJANGO-INSECURE-" + GOOD,
        "changeme" * 8,
        "abc123" * 10,
        "please-change-this-secret-before-you-go-to-production-now",
        "change me before production, or anybody can sign in as you",
        "0123456789" * 6,
        "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "for-the-tests-only-" + "x" * 50,
        "qwertyuiopasdfghjklzxcvbnmqwertyuiopasdfghjklzxcvbnm",
        "aB3$" * 15,
    ],
)
def test_refuses_a_secret_that_can_be_guessed(value: str) -> None:
    assert weak_keys.of_secret(value)


@pytest.mark.parametrize(
    "value",
    [
        bytes(32),
        b"\xff" * 32,
        b"k" * 32,
        b"ab" * 16,
        bytes(range(32)),
        bytes(range(32))[::-1],
        bytes(range(0, 256, 8)),
        bytes(range(16)) * 2,
        KEY[:8] * 4,
        KEY[:16] + bytes(16),
        b"correct horse battery staple 123",
        b"0123456789abcdef0123456789abcdef",
        hashlib.sha256(b"secret").digest(),
        hashlib.sha256(b"").digest(),
    ],
)
def test_refuses_a_key_that_can_be_guessed(value: bytes) -> None:
    assert weak_keys.of_key(value)


def test_takes_random_keys() -> None:
    for _ in range(500):
        assert weak_keys.of_key(secrets.token_bytes(32)) == ""
        for value in (secrets.token_urlsafe(50), secrets.token_hex(32), secrets.token_hex(25), GOOD):
            assert weak_keys.of_secret(value) == ""


def check_words(settings: Settings, **changes: object) -> str:
    settings.DEMO = False
    found = {"SECRET_KEY": GOOD, "MFA_KEYS": (("k1", KEY),)} | changes
    for name, value in found.items():
        setattr(settings, name, value)
    return " ".join(message.msg for message in checks.check_strength(None))


def test_good_keys_pass(settings: Settings) -> None:
    assert check_words(settings) == ""


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": "short"}, {"SECRET_KEY"}),
        ({"MFA_KEYS": (("k1", bytes(32)),)}, {"MFA_KEYS", "k1"}),
        ({"MFA_KEYS": (("k2", KEY), ("k1", bytes(32)))}, {"MFA_KEYS", "k1"}),
        ({"MFA_KEYS": (("k2", KEY), ("k1", KEY))}, {"MFA_KEYS", "k1", "k2"}),
        ({"MFA_KEYS": (("k1", KEY), ("K1", KEY[::-1]))}, {"MFA_KEYS", "k1"}),
        ({"SECRET_KEY": base64.b64encode(KEY).decode() + GOOD}, {"SECRET_KEY", "MFA_KEYS", "k1"}),
        ({"METRICS_TOKEN": "token"}, {"METRICS_TOKEN"}),
        (
            {
                "DELIVERY_PROVIDERS": ("verification.delivery.providers.gateway",),
                "GATEWAY_RECEIPT_KEYS": ("a-good-key-of-a-gateway", "k"),
            },
            {"GATEWAY_RECEIPT_KEYS"},
        ),
    ],
)
def test_weak_key_is_named_and_not_shown(changes: dict[str, object], named: set[str], settings: Settings) -> None:
    said = check_words(settings, **changes)

    assert set(re.findall(r"\b(?:[A-Z]+(?:_[A-Z]+)+|[kK]\d)\b", said)) == named
    assert GOOD not in said


def test_demo_needs_no_check(settings: Settings) -> None:
    settings.SECRET_KEY = "short"

    assert checks.check_strength(None) == []
