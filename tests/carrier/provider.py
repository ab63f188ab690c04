"""Refuses every message."""

from verification.delivery.provider import Callback, Forged, Outgoing, ParsedCallback, Refused
from verification.models.messages import Kind, Reason


class Nobody:
    """Carries nothing, and says so."""

    name = "nobody"
    kinds = frozenset({Kind.TEXT, Kind.CALL})

    def send(self, message: Outgoing) -> str:
        """Refuse. Errors: `Refused`."""
        raise Refused(Reason.PROVIDER_DOWN)

    def parse(self, callback: Callback) -> ParsedCallback:
        """Believe nobody. Errors: `Forged`."""
        raise Forged("nobody calls back")

    def probe(self) -> bool:
        """Say that it is not fit for service."""
        return False


provider = Nobody()
