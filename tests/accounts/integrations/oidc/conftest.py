"""Fixtures: an application that signs people in with OpenID Connect."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.utils import timezone

from accounts.integrations.oidc import client_registration
from accounts.models import Application
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.oidc import foreign_clients
from tests.infrastructure import rsa_keys
from tests.infrastructure.replayed_set_ups import SET_UPS
from tests.simulated.http_browser import Browser
from tests.simulated.people import Clock
from tests.simulated.relying_party import AFTER_LOGOUT, CALLBACK, SimulatedRelyingParty
from verification import jwt_signing_keys
from verification.models import SigningKey

Maker = Callable[..., SimulatedRelyingParty]


@pytest.fixture
def make_party(db: None, clock: Clock) -> Maker:
    """Return a function that adds an application and its client."""
    jwt_signing_keys.forget()

    def make(slug: str = "wiki", *, settings: Mapping[str, Any] | None = None, **more: Any) -> SimulatedRelyingParty:
        key = (slug, repr(settings), repr(more))
        made = SET_UPS.run("oidc_client", key, lambda: _register(slug, settings or {}, more))
        rsa_keys.KEYS.begin(SigningKey.objects.filter(algorithm="RS256").count())
        return SimulatedRelyingParty(client=made.client, secret=made.secret)

    return make


def _register(slug: str, settings: Mapping[str, Any], more: Mapping[str, Any]) -> client_registration.Made:
    application = Application.objects.create(slug=slug, name=slug.title(), kind=Application.Kind.OIDC, **settings)
    given = {"redirect_uris": CALLBACK, "post_logout_redirect_uris": AFTER_LOGOUT, **more}
    return client_registration.make(application, now=timezone.now(), **given)


@pytest.fixture
def party(make_party: Maker) -> SimulatedRelyingParty:
    """Return a confidential client of an application that accepts any second step."""
    return make_party()


@pytest.fixture(scope="module")
def library(stack: Stack) -> Iterator[foreign_clients.OpenidClient]:
    """A confidential client that is told of sign-outs."""
    name, secret = foreign_clients.make_client(stack, "library")
    with foreign_clients.library(stack, name, secret) as found:
        run = f"""
import django; django.setup()
from accounts.models import OidcClient
OidcClient.objects.filter(client_id={name!r}).update(logout_uri="http://127.0.0.1:{found.port}/logout")
"""
        foreign_clients.run_in_service(stack, run)
        found.do("discover")
        yield found


@pytest.fixture(scope="module")
def web(stack: Stack) -> Browser:
    """The browser of Cleo, who has an authenticator app."""
    return foreign_clients.open_browser(stack)
