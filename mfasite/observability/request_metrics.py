"""Request metrics for Prometheus, over all processes of the web server. No label identifies a user or an address."""

import time
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from mfasite import conf
from mfasite.environment import variables

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds

_requests = Counter("mfa_requests", "Requests by page and status", ["view", "status"])
_seconds = Histogram("mfa_request_seconds", "How long pages took", ["view"], buckets=_BOUNDS)


@lru_cache(maxsize=1024)
def _of(view: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(view, status), _seconds.labels(view)


class Counted:
    """Count every request that one of our views answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Count the request and its duration."""
        begun = time.perf_counter()
        response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else ""
        count, seconds = _of(view, response.status_code)
        count.inc()
        seconds.observe(time.perf_counter() - begun)
        return response


def registry() -> CollectorRegistry:
    """Return the metrics of all processes of this server, or of this process if it runs alone."""
    if not variables.is_set(conf.metrics_folder):
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library's types are partial
    return together
