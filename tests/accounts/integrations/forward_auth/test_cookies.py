"""Tests of the cookies of protected hosts: signed, bound to a host, and never taken in doubt."""

from typing import Any

import pytest
from django.http import HttpResponse

from accounts.integrations.forward_auth import cookies
from accounts.models import ApplicationSession

pytestmark = pytest.mark.django_db
HOST = "wiki.example.org"


def test_finds_a_cookie_among_others() -> None:
    assert cookies.value_of("a=1; two-step-7=7.x; b=two", "two-step-7") == "7.x"
    assert cookies.value_of("a=1; b=2", "two-step-7") == ""
    assert cookies.value_of("", "two-step-7") == ""
    assert cookies.value_of("b=caf\xc3\xa9; two-step-7=x", "two-step-7") == "x"


@pytest.mark.parametrize(
    "header",
    [
        "two-step-7=a; two-step-7=b",
        "two-step-7=a; two-step-7=a",
        "two-step-7=a; Two-Step-7=b",
        "two-step-7=a,two-step-7=b",
        'other="; two-step-7=b"; x=two-step-7=a',
        "x=two-step-7=a",
        " two-step-7 =a; two-step-7=b",
        "two-step-7=a\x00",
        "two-step-7=a\r\nb",
        f"two-step-7=a; x={'y' * 17_000}",
    ],
)
def test_refuses_a_cookie_that_is_not_exactly_as_it_was_signed(header: str) -> None:
    """CVE-2026-25748: a cookie that could not be read let everyone in. Seen failing with `SimpleCookie` instead."""
    assert cookies.value_of(header, "two-step-7") is None


def test_names_the_applications_session_on_its_host_only() -> None:
    """Seen failing without the host in what is signed."""
    value = cookies.session_value(41, HOST)

    assert cookies.session_id(value, HOST) == 41
    assert cookies.session_id(value, "tickets.example.org") is None
    assert cookies.session_id(value, f"{HOST}:8443") is None


@pytest.mark.parametrize("forged", ["", "41", "41.", "41.x", ".x", "042.x", "4२.x", "9" * 30, "-1.x", "41 .x", "41.é"])
def test_refuses_a_forged_one(forged: str) -> None:
    value = cookies.session_value(41, HOST)

    assert cookies.session_id(forged, HOST) is None
    assert cookies.session_id(value.replace("41.", "42.", 1), HOST) is None
    assert cookies.session_id(f"{value}x", HOST) is None


@pytest.mark.parametrize(("is_https", "prefix"), [(True, "__Host-"), (False, "")])
def test_belongs_to_one_host(settings: Any, is_https: bool, prefix: str) -> None:
    settings.HTTPS = is_https
    response = HttpResponse()

    cookies.give_session(response, ApplicationSession(pk=41, application_id=7), HOST)
    cookies.give_browser(response, cookies.new_browser_secret())

    assert set(response.cookies) == {f"{prefix}two-step-7", f"{prefix}two-step-browser"}
    for cookie in response.cookies.values():
        assert cookie["domain"] == ""
        assert cookie["path"] == "/"
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert bool(cookie["secure"]) is is_https
    assert response.cookies[f"{prefix}two-step-7"]["max-age"] == ""


def test_browser_has_a_secret_that_addresses_show_as_a_digest() -> None:
    secret = cookies.new_browser_secret()

    assert cookies.is_browser_secret(secret)
    assert cookies.is_browser_digest(cookies.browser_digest(secret))
    assert not any(cookies.is_browser_secret(odd) for odd in (None, "", "x", f"{secret}=", f"{secret[:-1]}é"))
