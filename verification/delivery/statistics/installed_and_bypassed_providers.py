"""The providers that send a kind of message, and those that are bypassed now because they failed."""

from django.db.models import QuerySet

from verification.delivery.routing import routes
from verification.models import Channel, Circuit, CircuitState


def providers_of(kind: Channel) -> list[str]:
    """Return the names of the installed providers that send a kind of message, in order of use."""
    return list(routes.able(kind))


def circuits() -> QuerySet[Circuit]:
    """Return the providers that failed recently."""
    return Circuit.objects.exclude(state=CircuitState.CLOSED).order_by("provider", "kind")
