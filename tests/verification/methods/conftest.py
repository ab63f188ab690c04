"""Fixtures for tests of methods."""

import pytest
from django.contrib.auth import get_user_model

from tests.simulated.passkeys import Key
from tests.verification.conftest import EngineUser
from tests.verification.methods.passkey_ceremonies import register


@pytest.fixture
def key() -> Key:
    return Key()


@pytest.fixture
def passkey_owner(engine_user: EngineUser, key: Key) -> EngineUser:
    """Return a person who has registered a key."""
    assert register(engine_user, key, name="blue key").proven
    return engine_user


@pytest.fixture
def eve(db: None, engine_user: EngineUser) -> EngineUser:
    user = get_user_model().objects.create_user(username="eve", email="eve@example.org", password="not used here")
    return EngineUser(user, engine_user.context)
