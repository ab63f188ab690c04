"""Counts SCIM requests for Prometheus, by operation and status. No label names a directory or a person."""

from functools import lru_cache

from prometheus_client import Counter, Histogram

_requests = Counter("mfa_scim_requests", "SCIM requests, by operation and status", ["operation", "status"])
_seconds = Histogram("mfa_scim_seconds", "Time to answer a SCIM request", ["operation"])
_ENDPOINTS = {"Users", "Groups", "ServiceProviderConfig", "ResourceTypes", "Schemas"}


@lru_cache(maxsize=512)
def _of(operation: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(operation, str(status)), _seconds.labels(operation)


def count(method: str, endpoint: str, status: int, seconds: float) -> None:
    """Count one request. Shape: the operation is the method and the kind of resource, such as `PATCH Users`."""
    counter, histogram = _of(f"{method} {endpoint if endpoint in _ENDPOINTS else 'other'}", status)
    counter.inc()
    histogram.observe(seconds)
