"""Fixtures for tests of methods."""

import pytest
from django.contrib.auth import get_user_model

from tests.simulated.passkeys import Key
from tests.verification.conftest import Desk
from tests.verification.methods.passkey_ceremonies import register


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def holder(desk: Desk, key: Key) -> Desk:
    """Return a person who has registered a key."""
    assert register(desk, key, name="blue key").proven
    return desk


@pytest.fixture
def eve(db: None, desk: Desk) -> Desk:
    user = get_user_model().objects.create_user(username="eve", email="eve@example.org", password="not used here")
    return Desk(user, desk.context)
