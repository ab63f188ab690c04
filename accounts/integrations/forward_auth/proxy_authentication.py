"""Which proxy asks: it must have one of its two secrets, and come from its own network."""

import ipaddress
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.applications import secret_rotation
from accounts.client_address import is_trusted_proxy
from accounts.models import Proxy
from verification import inputs, limits
from verification.context import Context
from verification.keys import generated_secrets_and_alphabet
from verification.limits import Gate, ProgramSecrets

logger = logging.getLogger(__name__)

HEADER = "X-Proxy-Secret"
PURPOSE = "proxy"  # of the secrets' digests
_MAX_SECRET_LENGTH = 200  # characters

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, kw_only=True)
class AuthenticatedProxy:
    """A proxy that may ask. Without `applications` it may ask about all of them."""

    id: int
    slug: str
    program: str
    networks: tuple[Network, ...] = field(repr=False)
    applications: frozenset[int]

    @property
    def takes_redirects(self) -> bool:
        """Whether the proxy passes on a redirect. nginx answers 500 for anything but 2xx, 401 and 403."""
        return self.program != Proxy.Program.NGINX

    def may_ask_about(self, application_id: int) -> bool:
        return not self.applications or application_id in self.applications


def of(request: HttpRequest, context: Context) -> AuthenticatedProxy | Gate:
    """Return the proxy that sent a request, or the gate of its network if it isn't one of our proxies.

    Incorrect secrets count against their network. After too many, no secret from that network is checked.
    """
    secret = request.headers.get(HEADER, "")
    if not secret or len(secret) > _MAX_SECRET_LENGTH:
        return limits.OPEN
    caller, gate = _callers.owner(generated_secrets_and_alphabet.digests(PURPOSE, secret), context)
    if caller is None:
        return gate
    if any(hop in network for hop in _hops(request) for network in caller.networks):
        return caller
    _log_foreign_network(caller)
    return limits.OPEN


def _hops(request: HttpRequest) -> list[IPAddress]:
    """Return the addresses that may be the proxy's: our own proxies in front of us, and the first that isn't one.

    Each was reported by the one before it, so none can be chosen by a visitor of the application.
    """
    found = []
    for address in _chain(request):
        found.append(address)
        if not is_trusted_proxy(address):
            break
    return found


def _chain(request: HttpRequest) -> Iterator[IPAddress]:
    """Yield who sent the request, the nearest first, until one is unreadable."""
    nearest = request.META.get("REMOTE_ADDR", "")
    if not nearest and not settings.IS_BEHIND_SOCKET:
        return
    for hop in [nearest] * bool(nearest) + request.headers.get("X-Forwarded-For", "").split(",")[::-1]:
        address = inputs.address(hop)
        if address is None:
            return
        yield address


def visitor_network(request: HttpRequest, caller: AuthenticatedProxy) -> str:
    """Return the address of the visitor, as the proxy reports it; empty if it doesn't."""
    chain = _chain(request)
    for address in chain:
        if any(address in network for network in caller.networks):
            return str(next(chain, ""))
    return ""


def forget() -> None:
    """Read the proxies again at the next request, because this process changed them."""
    _callers.forget()


def _find(*digests: str) -> AuthenticatedProxy | None:
    columns = ("pk", "slug", "program", "networks", "applications")
    found = Proxy.objects.filter(secret_rotation.is_digest(digests, timezone.now()), is_active=True)
    rows = list(found.values_list(*columns))  # one for each application, or one without
    if not rows:
        return None
    pk, slug, program, networks, _application = rows[0]
    return AuthenticatedProxy(
        id=pk,
        slug=slug,
        program=program,
        networks=tuple(ipaddress.ip_network(each) for each in networks),
        applications=frozenset(application for *_proxy, application in rows if application is not None),
    )


_callers = ProgramSecrets("proxy", _find)
_logged: set[str] = set()


def _log_foreign_network(caller: AuthenticatedProxy) -> None:
    if caller.slug not in _logged:  # once per process, because every request repeats it
        _logged.add(caller.slug)
        logger.warning("The proxy %s asks from an address that is not one of its networks.", caller.slug)
