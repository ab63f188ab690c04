"""Refuses every message."""

from verification.delivery.provider_interface import Callback, Forged, Outgoing, ParsedCallback, SendRefused
from verification.models.messages import Channel, FailureReason


class RefusingProvider:
    """Carries nothing, and says so."""

    name = "nobody"
    kinds = frozenset({Channel.TEXT, Channel.CALL})

    def send(self, message: Outgoing) -> str:
        """Refuse. Errors: `SendRefused`."""
        raise SendRefused(FailureReason.PROVIDER_DOWN)

    def parse(self, callback: Callback) -> ParsedCallback:
        """Believe nobody. Errors: `Forged`."""
        raise Forged("nobody calls back")

    def probe(self) -> bool:
        """Say that it is not fit for service."""
        return False


provider = RefusingProvider()
