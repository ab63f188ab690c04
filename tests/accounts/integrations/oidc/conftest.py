"""Fixtures: an application that signs people in with OpenID Connect."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.utils import timezone

from accounts.integrations.oidc import clients
from accounts.models import Application
from tests.people import Clock
from tests.relying_party import AFTER_LOGOUT, CALLBACK, Party
from verification import signatures

Maker = Callable[..., Party]


@pytest.fixture
def make_party(db: None, clock: Clock) -> Maker:
    """Return a function that adds an application and its client."""
    signatures.forget()

    def make(slug: str = "wiki", *, settings: Mapping[str, Any] | None = None, **more: Any) -> Party:
        application = Application.objects.create(
            slug=slug, name=slug.title(), kind=Application.Kind.OIDC, **(settings or {})
        )
        given = {"redirect_uris": CALLBACK, "post_logout_redirect_uris": AFTER_LOGOUT, **more}
        made = clients.make(application, now=timezone.now(), **given)
        return Party(client=made.client, secret=made.secret)

    return make


@pytest.fixture
def party(make_party: Maker) -> Party:
    """Return a confidential client of an application that accepts any second step."""
    return make_party()
