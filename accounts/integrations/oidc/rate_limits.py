"""Rate limits of OpenID Connect: requests of each client, and incorrect secrets of each network.

Settings say how many are allowed.
"""

from accounts import conf
from accounts.models import OidcClient
from verification import limits
from verification.context import Context
from verification.db.ttl_cache import TTLCache
from verification.limits import Gate, network_of

# Only known names are counted by name: a stranger can't fill the table with others.
_known: "TTLCache[frozenset[str]]" = TTLCache(lambda: frozenset(OidcClient.objects.values_list("client_id", flat=True)))


def count_request(client_id: str, context: Context) -> Gate:
    """Count a request of a client's program by network: its name is public, so strangers could use up all."""
    if client_id not in _known.read():
        return limits.OPEN
    client_and_network = f"{client_id} {network_of(context.network)}"
    return limits.spend_client(client_and_network, most=conf.oidc_requests_per_client_minute(), context=context)


def count_failure(context: Context) -> Gate:
    """Count an incorrect secret or an unknown client against its network."""
    return limits.spend_incorrect_secret("oidc", context)
