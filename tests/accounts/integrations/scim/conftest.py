"""Fixtures: directories that send by SCIM. Requests are listed right away, because no thread may outlive a test."""

from collections.abc import Iterator

import pytest

from accounts.integrations.scim import token_authentication
from tests.simulated import scim_directory
from tests.simulated.people import Clock
from tests.simulated.scim_directory import ScimClient


@pytest.fixture
def entra(db: None, clock: Clock) -> ScimClient:
    return scim_directory.directory()


@pytest.fixture
def okta(db: None, clock: Clock) -> ScimClient:
    return scim_directory.directory("Okta")


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    token_authentication.forget()
    yield
    token_authentication.forget()
