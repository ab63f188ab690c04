"""Whether this process lives, and whether it can serve: what is down, by name, within half a second."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from mfasite.celery import app
from verification.delivery import routes

logger = logging.getLogger(__name__)

BOUND = 0.5  # seconds, for all probes together, since they run beside one another


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    finally:
        connection.close()


def _broker() -> bool:
    # The channel, unlike `connect`, keeps to the short patience of the transport options.
    with app.connection_for_write() as broker:
        return broker.default_channel is not None


def _providers() -> bool:
    try:
        return any(provider.probe() for provider in routes.providers().values())
    finally:
        connection.close()  # a provider may have asked the database, in a thread that nobody else tidies


PROBES: dict[str, Callable[[], bool]] = {"database": _database, "broker": _broker, "providers": _providers}

# A pool for each: one that hangs keeps its threads, and must not make the others look down.
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
    """Say that the process answers; asks nothing of anybody else."""
    return HttpResponse("alive\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether all that a sign-in needs answers, and name what does not."""
    probes = {name: _pools[name].submit(probe) for name, probe in PROBES.items()}
    wait_for(probes.values(), timeout=BOUND)
    states = {name: _passed(name, probe) for name, probe in probes.items()}
    down = [name for name, passed in states.items() if not passed]
    return JsonResponse({"ready": not down, "down": down}, status=503 if down else 200)
