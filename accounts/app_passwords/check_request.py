"""A service's request to check a username and an app password."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Service
from verification.context import Context


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """A service's request to check a username and password.

    Shape: `network` is the client's address as the service saw it.
    """

    service: Service
    username: str
    password: str
    network: str
    protocol: str
    now: datetime

    @property
    def context(self) -> Context:
        """Return where the request came from, for the audit log and the limits."""
        return Context(now=self.now, network=self.network, agent=self.protocol)
