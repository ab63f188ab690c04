"""Tells clients that a session ended (back-channel logout): rows of an outbox, tried three times.

The row is written in the transaction that ends the session. What is sent is made when it is sent, so it never expires.
"""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as TooSlow
from datetime import datetime, timedelta
from typing import TypeAlias

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.integrations.oidc import audit_events, id_and_logout_tokens
from accounts.integrations.oidc.back_channel import logout_requests
from accounts.integrations.oidc.back_channel.logout_requests import LogoutResponse
from accounts.models import ApplicationSession, LogoutDelivery, OidcClient
from verification import audit, jwt_signing_keys, publishing_without_waiting
from verification.context import Context

WAITS = (timedelta(seconds=10), timedelta(seconds=60))  # after the first and the second try
_TASK = "accounts.tasks.deliver_logouts"
_CLAIM_TIME = timedelta(seconds=30)  # longer than one try can take
_MAX_PARALLEL = 16  # deliveries
_DAY = timedelta(days=1)
_RETENTION = timedelta(days=90)
_BATCH = 200  # deliveries
_TOTAL_TIMEOUT = 12.0  # seconds for all that are sent at the same time
_HANGS = "slow"  # the problem of a client that didn't answer in time

State = LogoutDelivery.State


def queue(sessions: "QuerySet[ApplicationSession]", now: datetime) -> None:
    """Queue the sign-outs of sessions that just ended. A receiver of `applications.on_end`."""
    clients = dict(OidcClient.objects.exclude(logout_uri="").values_list("application_id", "pk"))
    uris = dict(OidcClient.objects.filter(pk__in=clients.values()).values_list("pk", "logout_uri"))
    rows = [
        LogoutDelivery(
            client_id=clients[session.application_id],
            session=session,
            user_id=session.user_id,
            end_ref=session.end_ref,
            uri=uris[clients[session.application_id]],
            made_at=now,
            due_at=now,
        )
        for session in sessions.filter(application_id__in=clients, oidc_sign_ins__redeemed_at__isnull=False).distinct()
    ]
    made = LogoutDelivery.objects.bulk_create(rows)
    if made:
        keys = [row.pk for row in made]
        transaction.on_commit(lambda: publishing_without_waiting.publish(_TASK, keys, _deliver_now))


def _deliver_now(keys: Collection[int]) -> None:
    deliver(keys, timezone.now())


def due(now: datetime) -> list[int]:
    """Return the deliveries to try now, the oldest first."""
    waiting = LogoutDelivery.objects.filter(_free(now), state=State.WAITING, due_at__lte=now)
    return list(waiting.order_by("due_at", "pk").values_list("pk", flat=True)[:_BATCH])


def _free(now: datetime) -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)


def deliver(keys: Collection[int], now: datetime) -> None:
    """Try deliveries, several at the same time, so that a client that is down delays no other. Safe to run twice."""
    for row in _loaded().filter(_free(now), pk__in=keys, state=State.WAITING, due_at__lte=now, n_tries__gt=len(WAITS)):
        _settle(row, LogoutResponse(problem="stopped"), now)  # its last try ended with the worker
    claimed = [key for key in keys if _claim(key, now)]
    pool = ThreadPoolExecutor(max_workers=_MAX_PARALLEL, thread_name_prefix="logout")
    try:
        running = {
            pool.submit(logout_requests.send, row.uri, token): row
            for row in _loaded().filter(pk__in=claimed).order_by("due_at", "pk")
            if (token := _signed(row, now)) is not None
        }
        _settle_all(running, now)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


_Running: TypeAlias = dict[Future[LogoutResponse], LogoutDelivery]


def _settle_all(running: _Running, now: datetime) -> None:
    """Settle each delivery that was tried, and put off the others.

    Once a client hangs, its other deliveries are put off: after a sign-out of many, they would take all threads.
    """
    for done in _finished(running):
        row = running.pop(done, None)
        if row is None:
            continue  # it was put off
        result = done.result()
        _settle(row, result, now)
        if result.problem == _HANGS:
            _put_off([each for each, other in running.items() if other.client_id == row.client_id], running, now)
    _put_off(list(running), running, now)
    for each, row in running.items():
        _settle(row, each.result() if each.done() else LogoutResponse(problem=_HANGS), now)


def _put_off(chosen: Iterable[Future[LogoutResponse]], running: _Running, now: datetime) -> None:
    """Give back those that no thread has begun. That was no try, and they are due again, after all others."""
    keys = [running.pop(each).pk for each in chosen if each.cancel()]
    mine = LogoutDelivery.objects.filter(pk__in=keys, state=State.WAITING, claimed_until=now + _CLAIM_TIME)
    mine.update(claimed_until=None, due_at=now, n_tries=F("n_tries") - 1)


def _loaded() -> "QuerySet[LogoutDelivery]":
    return LogoutDelivery.objects.select_related("client__application", "session", "user")


def _signed(row: LogoutDelivery, now: datetime) -> str | None:
    """Return the token of a delivery. Without a key for it this try has failed, and no other."""
    try:
        return id_and_logout_tokens.logout_token(row.client, row.user, row.session, now=now)
    except jwt_signing_keys.NoKey:
        _settle(row, LogoutResponse(problem="key"), now)
        return None


def _finished(running: Iterable[Future[LogoutResponse]]) -> Iterator[Future[LogoutResponse]]:
    try:
        yield from as_completed(list(running), timeout=_TOTAL_TIMEOUT)
    except TooSlow:
        return


def _claim(key: int, now: datetime) -> bool:
    """Take a delivery for one try. Of several workers, only one gets it."""
    free = LogoutDelivery.objects.filter(_free(now), pk=key, state=State.WAITING, due_at__lte=now)
    return bool(free.update(claimed_until=now + _CLAIM_TIME, n_tries=F("n_tries") + 1))


def _settle(row: LogoutDelivery, result: LogoutResponse, now: datetime) -> None:
    """Write down what a try led to: done, tried again later, or given up."""
    mine = LogoutDelivery.objects.filter(pk=row.pk, state=State.WAITING, n_tries=row.n_tries)
    told = {"last_status": result.status, "last_problem": result.problem, "claimed_until": None}
    if result.is_done:
        mine.update(state=State.DONE, done_at=now, **told)
    elif row.n_tries <= len(WAITS):
        mine.update(due_at=now + WAITS[row.n_tries - 1], **told)
    else:
        with transaction.atomic():
            if mine.update(state=State.FAILED, **told):
                audit.record(
                    audit_events.LOGOUT_FAILED,
                    user_id=row.user_id,
                    context=Context(now=now),
                    application=row.client.application.slug,
                    problem=result.problem or str(result.status),
                )


def again(rows: "QuerySet[LogoutDelivery]", now: datetime) -> int:
    """Send those again that failed, and return how many. Call it in a transaction."""
    keys = list(rows.filter(state=State.FAILED).order_by("pk").values_list("pk", flat=True))
    n = LogoutDelivery.objects.filter(pk__in=keys, state=State.FAILED).update(
        state=State.WAITING, n_tries=0, due_at=now, claimed_until=None
    )
    if n:
        transaction.on_commit(lambda: publishing_without_waiting.publish(_TASK, keys, _deliver_now))
    return n


def purge(now: datetime) -> None:
    """Delete old deliveries in batches."""
    old = LogoutDelivery.objects.filter(made_at__lt=now - _RETENTION).exclude(state=State.WAITING).order_by("pk")
    while keys := list(old.values_list("pk", flat=True)[:_BATCH]):
        LogoutDelivery.objects.filter(pk__in=keys).delete()


def counts() -> dict[str, int]:
    """Count the deliveries that wait, and those that failed in the last day, for the metrics."""
    waiting = LogoutDelivery.objects.filter(state=State.WAITING).count()
    failed = LogoutDelivery.objects.filter(state=State.FAILED, made_at__gt=timezone.now() - _DAY).count()
    return {"waiting": waiting, "failed": failed}
