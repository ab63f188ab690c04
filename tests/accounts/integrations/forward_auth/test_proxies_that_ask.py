"""Tests of which proxy may ask, and of requests about which there is any doubt."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import proxy_authentication
from accounts.models import Proxy
from tests.accounts.integrations.forward_auth.answers import BACKGROUND, is_identified
from tests.accounts.integrations.forward_auth.conftest import HOST, PROXY_ADDRESS, Build, ForwardAuthProxy
from tests.simulated.people import Clock

# Proxies -------------------------------------------------------------------------------------------------------------


def test_refuses_a_proxy_without_the_secret(proxy_of_ana: ForwardAuthProxy) -> None:
    answers = [
        proxy_of_ana.ask(X_Proxy_Secret=odd)
        for odd in ("", "x", proxy_of_ana.secret.upper(), f"{proxy_of_ana.secret} ", "é")
    ]

    assert {each.status_code for each in answers} == {403}
    assert not any(is_identified(each) for each in answers)


def test_too_many_guesses_of_the_secret_cost_no_more_queries(proxy_of_ana: ForwardAuthProxy, settings: Any) -> None:
    """The proxy in the same network still gets its answers. Seen failing: each guess cost a query without any limit."""
    settings.VERIFICATION_CACHE_SECONDS, settings.APP_PASSWORD_FAILURES_PER_NETWORK_MINUTE = 60, 2
    assert proxy_of_ana.ask().status_code == 200
    for n in range(3):
        proxy_of_ana.ask(X_Proxy_Secret=f"guess-{n}")

    with CaptureQueriesContext(connection) as captured:
        refused = proxy_of_ana.ask(X_Proxy_Secret="guess")

    assert len(captured) == 0
    assert (refused.status_code, refused["Retry-After"]) == (403, "60")
    assert proxy_of_ana.ask().status_code == 200
    proxy_authentication.forget()


@pytest.mark.parametrize("network", ["198.51.100.10", "127.0.0.1", "::1", "unix", ""])
def test_refuses_a_proxy_at_another_address(proxy_of_ana: ForwardAuthProxy, network: str) -> None:
    assert proxy_of_ana.ask(network=network).status_code == 403
    assert proxy_of_ana.ask(network=network, X_Forwarded_For=PROXY_ADDRESS).status_code == 403
    assert proxy_of_ana.ask(network=PROXY_ADDRESS).status_code == 200


def test_finds_the_proxy_behind_our_own(proxy_of_ana: ForwardAuthProxy, settings: Any) -> None:
    """Our own proxy adds the address that it sees; what stands before it was sent by that one."""
    settings.TRUSTED_PROXIES = ["10.0.0.1/32"]

    assert proxy_of_ana.ask(network="10.0.0.1", X_Forwarded_For=f"192.0.2.7, {PROXY_ADDRESS}").status_code == 200
    assert proxy_of_ana.ask(network="10.0.0.1", X_Forwarded_For=f"{PROXY_ADDRESS}, 192.0.2.7").status_code == 403


def test_two_secrets_work_during_the_change(proxy_of_ana: ForwardAuthProxy, proxy: Proxy, clock: Clock) -> None:
    former = proxy_of_ana.secret
    newer = secret_rotation.renew(proxy, proxy_authentication.PURPOSE, clock.now, overlap=timedelta(days=1))

    assert proxy_of_ana.ask(X_Proxy_Secret=newer).status_code == 200
    assert proxy_of_ana.ask(X_Proxy_Secret=former).status_code == 200
    clock.forward(hours=11)
    assert proxy_of_ana.ask(X_Proxy_Secret=former).status_code == 200
    secret_rotation.drop_former(proxy)
    assert proxy_of_ana.ask(X_Proxy_Secret=former).status_code == 403


def test_inactive_proxy_is_refused(proxy_of_ana: ForwardAuthProxy) -> None:
    Proxy.objects.update(is_active=False)

    assert proxy_of_ana.ask().status_code == 403


def test_proxy_asks_only_about_its_own_applications(proxy_of_ana: ForwardAuthProxy, proxy: Proxy, build: Build) -> None:
    proxy.applications.add(build("tickets", ("tickets.example.org", "strength")))

    assert proxy_of_ana.ask().status_code == 403
    assert proxy_of_ana.ask("/.two-step/enter?ticket=x").status_code == 404
    assert proxy_of_ana.ask(host="tickets.example.org").status_code == 302


def test_proxy_that_asks_too_often_is_refused(proxy_of_ana: ForwardAuthProxy, settings: Any) -> None:
    settings.FORWARD_AUTH_PER_SECOND = 10

    answers = [proxy_of_ana.ask() for _ in range(200)]

    assert 429 in {each.status_code for each in answers}
    assert all(not is_identified(each) for each in answers if each.status_code == 429)


# Doubt ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_Host": ""},
        {"X_Forwarded_Host": "wiki.example.org,evil.example.org"},
        {"X_Forwarded_Uri": ""},
        {"X_Forwarded_Uri": "//evil.example.org"},
        {"X_Forwarded_Uri": "/a/../b"},
        {"X_Forwarded_Uri": "/a%2f..%2fb"},
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Method": ""},
        {"X_Original_Url": "http://wiki.example.org/public"},
        {"X_Original_Uri": "/public"},
    ],
)
def test_refuses_a_request_that_cannot_be_read_in_one_way_only(
    proxy_of_ana: ForwardAuthProxy, headers: dict[str, str]
) -> None:
    for kind in ({}, BACKGROUND):
        response = proxy_of_ana.ask(**{**kind, **headers})
        assert response.status_code == 403
        assert not is_identified(response)


def test_path_below_must_agree(proxy_of_ana: ForwardAuthProxy) -> None:
    """Envoy appends the path; anyone who could choose one of the two would open every page."""
    assert proxy_of_ana.ask("/private", below="public").status_code == 403
    assert proxy_of_ana.ask("/private?x=1", below="private").status_code == 200


@pytest.mark.parametrize("odd", ["{0}; {0}", "{0}; x=\x01", 'x="; {0}"; {0}', "{0},{0}", "{0}x", "x{0}"])
def test_odd_cookies_open_nothing(proxy_of_ana: ForwardAuthProxy, odd: str) -> None:
    [name] = [each for each in proxy_of_ana.jars[HOST] if each != "two-step-browser"]
    good = f"{name}={proxy_of_ana.jars[HOST][name]}"
    assert proxy_of_ana.ask(cookie=good).status_code == 200

    response = proxy_of_ana.ask(cookie=odd.format(good))

    assert response.status_code in {302, 400, 403}
    assert not is_identified(response)
