"""Only trusted proxies say whether people used https."""

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts import request_context
from mfasite.middleware.x_forwarded_proto import Proxied


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("10.0.0.5", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}, 200),
        ("10.0.0.5", {"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.7"}, 301),
        ("10.0.0.5", {"X-Forwarded-For": "192.0.2.7"}, 400),
        ("192.0.2.9", {"X-Forwarded-Proto": "https"}, 400),
        ("192.0.2.9", {"X-Forwarded-Proto": "http"}, 400),
        ("192.0.2.9", {}, 301),
        ("not an address", {"X-Forwarded-Proto": "https"}, 400),
    ],
)
def test_believes_the_scheme_of_a_trusted_proxy_alone(
    settings: Settings, db: None, peer: str, headers: dict[str, str], status: int
) -> None:
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = ("10.0.0.5/32",), True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert Client(REMOTE_ADDR=peer, headers=headers).get("/sign-in/").status_code == status
    assert Client(REMOTE_ADDR=peer, headers=headers).get("/healthz").status_code == 200


@pytest.mark.parametrize(("peer", "scheme"), [("10.0.0.5", "https"), ("192.0.2.9", "http"), ("not an address", "http")])
def test_nobody_but_a_trusted_proxy_says_that_it_is_https(settings: Settings, peer: str, scheme: str) -> None:
    """Where nothing is redirected, too. Seen failing with the header left in the request."""
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = ("10.0.0.5/32",), False
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-Proto": "https"})

    answer = Proxied(lambda request: HttpResponse(request.scheme))(request)

    assert isinstance(answer, HttpResponse)
    assert answer.content.decode() == scheme


def test_names_a_proxy_that_is_not_trusted_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.TRUSTED_PROXIES, settings.SECURE_SSL_REDIRECT = (), True
    client = Client(REMOTE_ADDR="10.0.0.6", headers={"X-Forwarded-Proto": "https"})

    for _ in range(3):
        client.get("/sign-in/")

    told = [record.getMessage() for record in caplog.records if "TRUSTED_PROXIES" in record.getMessage()]
    assert len(told) == 1
    assert "10.0.0.6" in told[0]


@pytest.mark.parametrize(("is_socket", "network"), [(True, "192.0.2.7"), (False, "")])
def test_a_socket_of_this_machine_is_a_proxy(settings: Settings, is_socket: bool, network: str) -> None:
    settings.IS_BEHIND_SOCKET = is_socket
    request = RequestFactory().get("/", REMOTE_ADDR="", headers={"X-Forwarded-For": "203.0.113.1, 192.0.2.7"})

    assert request_context.read(request).network == network
