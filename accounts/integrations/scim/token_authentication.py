"""Which directory a SCIM request comes from: by its token, and the networks that it allows."""

import ipaddress
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.applications import secret_rotation
from accounts.integrations.scim import rate_limits, requests_and_responses, size_limits
from accounts.integrations.scim.requests_and_responses import ScimResponse
from accounts.models import Directory, ScimAccess
from accounts.models.directories import DirectoryKind
from verification import conf as engine_conf
from verification import inputs
from verification.context import Context
from verification.db.ttl_cache import TTLCache
from verification.keys import generated_secrets_and_alphabet

PURPOSE = "scim"  # of the tokens' digests
_MAX_CACHE_SECONDS = 1.0  # until a revoked token stops working, even if other things are cached for longer
_CHALLENGE = 'Bearer realm="SCIM"'


@dataclass(frozen=True, kw_only=True)
class AuthenticatedDirectory:
    """A directory that sends. Everything that it reads or changes belongs to it."""

    directory: Directory
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = field(repr=False)

    def may_come_from(self, network: str) -> bool:
        """Return whether its token may be used from an address. Without allowed networks it may be from everywhere."""
        address = inputs.address(network)
        return not self.networks or (address is not None and any(address in each for each in self.networks))


@dataclass(frozen=True, kw_only=True)
class AuthenticationRefusal:
    """Why a request isn't answered, and whose it is if the token was right."""

    answer: ScimResponse
    directory: Directory | None = None


def of(authorization: str, context: Context) -> AuthenticatedDirectory | AuthenticationRefusal:
    """Return the directory that a request comes from, or why it is refused.

    Incorrect tokens are counted against their network. A token is found by its digest, so no time depends on it.
    """
    scheme, _space, token = authorization.partition(" ")
    token = token.strip()
    is_token = scheme.lower() == "bearer" and 0 < len(token) <= size_limits.MAX_TOKEN_LENGTH
    caller = _callers.read(*generated_secrets_and_alphabet.digests(PURPOSE, token)) if is_token else None
    if caller is None:
        return AuthenticationRefusal(answer=_unknown(bool(token), context))
    directory = caller.directory
    if not directory.is_active:
        refused = requests_and_responses.error(403, "This directory is switched off.", problem="off")
    elif not caller.may_come_from(context.network):
        refused = requests_and_responses.error(403, "This token isn’t allowed from this network.", problem="network")
    elif not rate_limits.allows_request(directory, context):
        refused = _too_many("Too many requests. Send fewer.")
    else:
        return caller
    return AuthenticationRefusal(answer=refused, directory=directory)


def forget() -> None:
    """Read the tokens again at the next request, because this process changed them."""
    _callers.forget()


def _unknown(has_token: bool, context: Context) -> ScimResponse:
    if has_token and not rate_limits.allows_incorrect_token(context):
        return requests_and_responses.error(
            429, "Too many incorrect tokens. Try again in a minute.", problem="limit", Retry_After="60"
        )
    return requests_and_responses.error(
        401, "The token is missing or incorrect.", problem="token", WWW_Authenticate=_CHALLENGE
    )


def _too_many(detail: str) -> ScimResponse:
    return requests_and_responses.error(429, detail, problem="limit", Retry_After="60")


def _find(*digests: str) -> AuthenticatedDirectory | None:
    found = ScimAccess.objects.filter(
        secret_rotation.is_digest(digests, timezone.now()), directory__kind=DirectoryKind.SCIM
    )
    access = found.select_related("directory").first()
    if access is None:
        return None
    networks = tuple(ipaddress.ip_network(each) for each in access.networks)
    return AuthenticatedDirectory(directory=access.directory, networks=networks)


def _seconds() -> float:
    return min(_MAX_CACHE_SECONDS, engine_conf.cache_seconds())


_callers = TTLCache(_find, seconds=_seconds)  # by digests: no token stays in memory
