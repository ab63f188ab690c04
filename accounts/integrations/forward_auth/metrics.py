"""Counts verdicts for Prometheus, by proxy. No label identifies a person, an application or an address."""

from functools import lru_cache

from prometheus_client import Counter

from accounts.integrations.forward_auth.proxy_authentication import AuthenticatedProxy

_verdicts = Counter("mfa_forward_auth_verdicts", "Answers to proxies, by proxy and verdict", ["proxy", "verdict"])


@lru_cache(maxsize=1024)
def _of(proxy: str, verdict: str) -> Counter:
    return _verdicts.labels(proxy, verdict)


def count(caller: AuthenticatedProxy, verdict: str) -> None:
    """Count one answer."""
    _of(caller.slug, str(verdict)).inc()


def count_unknown() -> None:
    """Count one question from a proxy that we don't know."""
    _of("", "not-a-proxy").inc()
