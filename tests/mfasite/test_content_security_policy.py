"""Tests of the Content-Security-Policy that pages send."""

import pytest
from django.test import Client

PAGES = ["/healthz", "/sign-in/", "/nowhere/"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_allows_nothing_from_elsewhere_and_nothing_inline(client: Client, page: str) -> None:
    policy = dict(part.strip().split(" ", 1) for part in client.get(page).headers["Content-Security-Policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'none'", "'self'"}
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
