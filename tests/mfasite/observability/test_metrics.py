"""What Prometheus reads."""

from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from verification.delivery import statistics
from verification.models import Channel, Circuit, CircuitState


def test_reports_each_installed_provider_bypassed_or_not(client: Client, settings: Settings, db: None) -> None:
    """Seen failing: a provider that works had no series, so no alert could see that another one is left."""
    settings.METRICS_TOKEN = "a token"
    [provider] = statistics.providers_of(Channel.CALL)
    Circuit.objects.create(provider=provider, kind=Channel.TEXT, state=CircuitState.OPEN, until_at=timezone.now())

    shown = client.get("/metrics", headers={"Authorization": "Bearer a token"}).content.decode()

    assert f'mfa_circuit_open{{kind="text",provider="{provider}"}} 1.0' in shown
    assert f'mfa_circuit_open{{kind="call",provider="{provider}"}} 0.0' in shown
