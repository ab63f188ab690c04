"""Tests of trusted networks."""

import pytest

from tests.verification.conftest import EngineUser
from verification import policies
from verification.models import Policy

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("network", "is_trusted"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("", False),
        ("192.0.2.7, 10.0.0.1", False),
        ("::ffff:192.0.2.7", False),
    ],
)
def test_knows_trusted_networks(engine_user: EngineUser, network: str, is_trusted: bool) -> None:
    Policy.objects.create(trusted_networks=["192.0.2.0/24", "2001:db8::/32"])

    assert policies.is_trusted(network, engine_user.rules) is is_trusted


def test_network_that_cannot_be_read_trusts_nobody(engine_user: EngineUser) -> None:
    Policy.objects.create(trusted_networks=["not a network", "192.0.2.0/24"])

    assert not policies.is_trusted("198.51.100.1", engine_user.rules)
