"""Health checks: liveness, and readiness to show the sign-in page, with failed parts by name, within half a second."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

import mfasite
from mfasite.observability import missing_migrations
from verification.delivery import broker
from verification.delivery.routing import routes

logger = logging.getLogger(__name__)

PROBE_TIMEOUT = 0.5  # seconds for all probes together, because they run in parallel


def _once(probe: Callable[[], bool]) -> Callable[[], bool]:
    """Run a probe until it passes, and never again: what it checks changes only with a new version."""
    passed = False

    @wraps(probe)
    def ask() -> bool:
        nonlocal passed
        passed = passed or probe()
        return passed

    return ask


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    finally:
        connection.close()


@_once
def _migrated() -> bool:
    """Return whether all migrations of this version are applied."""
    try:
        return not missing_migrations.missing()
    finally:
        connection.close()


@_once
def _static_files() -> bool:
    """Return whether static files were collected. Without them no page can be shown."""
    return bool(staticfiles_storage.url("mfasite/app.css"))


def _providers() -> bool:
    try:
        return any(provider.probe() for provider in routes.providers().values())
    finally:
        connection.close()  # a provider may have used the database, and nobody else cleans up this thread


def _workers() -> bool:
    """Return whether a worker is alive: `worker_heartbeats` says when one counts as dead."""
    return broker.workers() > 0


# Without one of these no page can be shown: a load balancer takes this process out.
NEEDED: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrated,
    "static files": _static_files,
}
# Without these users can still sign in, with fewer methods or a little later.
USEFUL: dict[str, Callable[[], bool]] = {
    "broker": broker.is_reachable,
    "workers": _workers,
    "providers": _providers,
}
PROBES = NEEDED | USEFUL

# A pool for each: a probe that hangs keeps its threads, and must not make the others fail.
_pools = {name: ThreadPoolExecutor(max_workers=2, thread_name_prefix=f"probe-{name}") for name in PROBES}


def _passed(name: str, probe: Future[bool]) -> bool:
    if not probe.done():
        return False
    error = probe.exception()
    if error is not None:
        logger.warning("Probe of %s failed: %s", name, type(error).__name__)
    return error is None and probe.result()


@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Return that the process is alive, and its version. Depends on nothing else.

    Shape: only "alive" on the first line, for probes that read it; "version 1.2.3" on the second.
    """
    return HttpResponse(f"alive\nversion {mfasite.__version__}\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Return whether this process can show the sign-in page, and the names of failed parts.

    Shape: `down` lists required parts, and makes the status 503; `degraded` lists the others.
    """
    probes = {name: _pools[name].submit(probe) for name, probe in PROBES.items()}
    wait_for(probes.values(), timeout=PROBE_TIMEOUT)
    failed = [name for name, probe in probes.items() if not _passed(name, probe)]
    down = [name for name in failed if name in NEEDED]
    unknown = ["workers"] if "broker" in failed else []  # only the broker knows them
    degraded = [name for name in failed if name in USEFUL and name not in unknown]
    return JsonResponse({"ready": not down, "down": down, "degraded": degraded}, status=503 if down else 200)
