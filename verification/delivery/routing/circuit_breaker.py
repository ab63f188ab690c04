"""Circuit breaker, shared by all workers: skip a provider that fails, and try it again with one message.

A circuit is a row, and every change a guarded update, so that of many workers one opens it and one gets the trial.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Least

from verification.delivery import conf
from verification.delivery.declaring_error_codes import Fault
from verification.delivery.routing import cache, routes
from verification.models import (
    Channel,
    Circuit,
    CircuitState,
    FailureReason,
)

_log = logging.getLogger(__name__)
MIN_UPTIME = timedelta(minutes=5)  # a circuit closed for so long is reported as working
_MAX_TRIPS_COUNTED = 12  # pauses in a row; the count stops there

# Reasons that say something about the provider, not the number.
OF_THE_PROVIDER = frozenset({FailureReason.PROVIDER_DOWN, FailureReason.RATE_LIMITED})
_OF_THE_PROVIDER = (Fault.ACCOUNT, Fault.NETWORK)
# Reported reasons for which another provider may succeed.
ELSEWHERE = OF_THE_PROVIDER | {FailureReason.COUNTRY_NOT_ALLOWED, FailureReason.UNKNOWN}


def counts(provider: str, reason: str, code: str) -> bool:
    """Return whether a failure says something about the provider: it is down, or our account there is at fault."""
    known = routes.meaning(provider, code)
    return reason in OF_THE_PROVIDER or (known is not None and known.fault in _OF_THE_PROVIDER)


def allows(circuit: Circuit | None, *, now: datetime) -> bool:
    """Return whether a provider may get this message. The first message after a pause is the trial.

    A trial that never ended, because its worker died, is replaced after a while.
    """
    if circuit is None or circuit.state == CircuitState.CLOSED:
        return True
    if circuit.until_at is None or circuit.until_at > now:
        return False
    waiting = Circuit.objects.filter(
        pk=circuit.pk, state__in=[CircuitState.OPEN, CircuitState.HALF_OPEN], until_at__lte=now
    )
    is_ours = waiting.update(state=CircuitState.HALF_OPEN, until_at=now + conf.lease(), changed_at=now)
    circuit.state, circuit.until_at = CircuitState.HALF_OPEN, now + conf.lease()
    return bool(is_ours)


def succeeded(circuit: Circuit | None, *, now: datetime) -> None:
    """Record that a provider accepted a message. One that was sent before the pause doesn't close the circuit."""
    if circuit is None:
        return
    rows = Circuit.objects.filter(pk=circuit.pk, state=circuit.state)
    if circuit.state == CircuitState.HALF_OPEN:
        if rows.update(state=CircuitState.CLOSED, failures=0, trips=0, until_at=None, why="", code="", changed_at=now):
            _log.warning("Provider %s works again for %ss", circuit.provider, circuit.kind)
    elif circuit.failures:
        rows.filter(failures__gt=0).update(failures=0)
        circuit.failures = 0


def failed(
    circuit: Circuit | None,
    *,
    provider: str,
    kind: Channel,
    why: str,
    now: datetime,
    code: str = "",
    after: timedelta | None = None,
) -> None:
    """Count a failure. Open the circuit after too many in a row, after a failed trial, or if the provider says so."""
    if circuit is not None and circuit.state == CircuitState.HALF_OPEN:
        trip(provider, kind, why=why, code=code, now=now, at_least=after, of=CircuitState.HALF_OPEN)
        return
    row, _ = Circuit.objects.get_or_create(provider=provider, kind=kind, defaults={"changed_at": now})
    Circuit.objects.filter(pk=row.pk).update(failures=F("failures") + 1)
    is_much = Circuit.objects.filter(pk=row.pk, failures__gte=conf.circuit_failures()).exists()
    cache.forget()
    if after or is_much:
        trip(provider, kind, why=why, code=code, now=now, at_least=after, of=CircuitState.CLOSED)


def trip(
    provider: str,
    kind: Channel,
    *,
    why: str,
    now: datetime,
    of: CircuitState,
    code: str = "",
    at_least: timedelta | None = None,
) -> bool:
    """Open a circuit that is in state `of`. Return False if it was changed.

    Each pause in a row is twice as long. One that the provider asks for, `at_least`, isn't counted, because it works.
    """
    row, _ = Circuit.objects.get_or_create(provider=provider, kind=kind, defaults={"changed_at": now})
    pause = at_least or min(conf.circuit_pause() * 2 ** min(row.trips, _MAX_TRIPS_COUNTED), conf.circuit_max_pause())
    did = Circuit.objects.filter(pk=row.pk, state=of).update(
        state=CircuitState.OPEN,
        until_at=now + min(pause, conf.circuit_max_pause()),
        trips=F("trips") if at_least else Least(F("trips") + 1, _MAX_TRIPS_COUNTED),
        failures=0,
        changed_at=now,
        why=why,
        code=code,
    )
    cache.forget()
    if did:
        _log.warning("Provider %s is bypassed for %ss: %s%s", provider, kind, why, routes.explained(provider, code))
    return bool(did)


def pending_notices(now: datetime) -> Iterator[Circuit]:
    """Return the circuits that operators don't know of yet, once each: open ones, and those closed for a while.

    A circuit that opens and closes all the time is reported once. Call it in the transaction that notifies.
    """
    unknown = Circuit.objects.filter(notified_at=None).exclude(state=CircuitState.CLOSED)
    closed = Circuit.objects.exclude(notified_at=None).filter(state=CircuitState.CLOSED)
    steady = closed.filter(changed_at__lte=now - MIN_UPTIME)
    for rows, notified_at in ((unknown, now), (steady, None)):
        for circuit in rows.exclude(kind=Channel.MAIL).order_by("pk"):  # an outage of email can't be emailed
            if Circuit.objects.filter(pk=circuit.pk, notified_at=circuit.notified_at).update(notified_at=notified_at):
                yield circuit
