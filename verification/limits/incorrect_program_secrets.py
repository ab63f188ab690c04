"""How many incorrect app passwords, keys, tokens and secrets of programs a network may send; finds their owners."""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from verification import conf
from verification.context import Context
from verification.db.ttl_cache import TTLCache
from verification.limits.client_networks import for_network, network_of
from verification.limits.counting.counter_rows import MINUTE
from verification.limits.counting.fixed_windows import WindowLimit, count_in_windows
from verification.limits.counting.limit_decision import OPEN, Gate

T = TypeVar("T")
_MAX_LIMITED = 10_000  # networks, each about 200 bytes


class ProgramSecrets(Generic[T]):
    """Finds the owner of a secret with `load`, and caches it by the secret's digests: no secret stays in memory.

    Incorrect secrets are counted against their network. Over the limit, secrets that this process hasn't cached are
    refused without a query. Cached ones still work, so that a stranger in the same network can't shut a program out.
    """

    def __init__(self, kind: str, load: Callable[..., T | None], *, seconds: Callable[[], float] | None = None) -> None:
        self._kind = kind
        self._cache: TTLCache[T | None] = TTLCache(load, seconds=seconds)
        self._limited: dict[str, tuple[float, Gate]] = {}  # by network: until when, and why

    def owner(self, digests: tuple[str, ...], context: Context) -> tuple[T | None, Gate]:
        """Return the owner of a secret, and the network's gate, which isn't open after too many incorrect secrets."""
        network = network_of(context.network)
        until, gate = self._limited.get(network, (0.0, OPEN))
        if time.monotonic() < until and not self._cache.has(*digests):
            return None, gate
        found = self._cache.read(*digests)
        if found is not None:
            return found, OPEN
        gate = spend_incorrect_secret(self._kind, context)
        if not gate.is_open:
            self._close(network, gate)
        return None, gate

    def forget(self) -> None:
        """Load every owner again at its next use, because this process changed them."""
        self._cache.forget()
        self._limited = {}

    def _close(self, network: str, gate: Gate) -> None:
        if len(self._limited) >= _MAX_LIMITED:
            self._limited = {}
        self._limited[network] = (time.monotonic() + conf.cache_seconds(), gate)


def spend_check(service: str, context: Context) -> Gate:
    """Count a password check through a service against its network, which stops floods and locks nobody."""
    return count_in_windows([check_limit(service, context)], context.now)


def spend_incorrect_secret(kind: str, context: Context) -> Gate:
    """Count an incorrect secret of a program against its network. Its kind, such as `scim`, is no slug of a service."""
    return count_in_windows([check_limit(f"secret:{kind}", context)], context.now)


def check_limit(service: str, context: Context) -> WindowLimit:
    where = f"{service} {network_of(context.network)}"
    most = for_network(conf.app_password_failures_per_network_minute(), context.network)
    return WindowLimit("check.network", where, MINUTE, most)
