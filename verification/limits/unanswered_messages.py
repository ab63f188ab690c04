"""Limits on unanswered messages: too many texts, calls or emails in a row without a correct code (push bombing)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Case, F, Q, Value, When

from verification import conf
from verification.db import batched_writes
from verification.limits.counting.counter_rows import DAY, UNLIMITED, db_time, one_more
from verification.limits.counting.limit_decision import Gate
from verification.models import Channel, Failure, FailureReason, Message, MessageState

PROMPTS = "prompt."  # prefix of the rows that count unanswered messages
PROMPT_KINDS = tuple(f"{PROMPTS}{kind}" for kind in Channel.values)


def spend_prompt(user_id: int, kind: str, *, now: datetime, run: batched_writes.Run = batched_writes.run) -> Gate:
    """Count a text, call or email to a person as unanswered. The gate closes after too many in a row.

    `run` runs a statement and returns its rows; a message's other limits can go with it.

    A correct answer with any method resets the count, and so does a while without a message. Messages that never
    arrived don't count, because they disturbed nobody.
    """
    name, most = f"{PROMPTS}{kind}", _most(kind)
    gate = _count_prompt(user_id, name, most=most, now=now, run=run)
    if gate.is_open or gate.n_failures - _never_arrived(user_id, kind, gate.n_failures, now) >= most:
        return gate
    rows = Failure.objects.filter(user_id=user_id, method=name, consecutive=gate.n_failures)
    if rows.update(consecutive=min(gate.n_failures + 1, UNLIMITED), next_at=now + conf.unanswered_wait()):
        return Gate(is_open=True, n_failures=gate.n_failures + 1)
    return gate


def stopped(rows: Iterable[Failure], *, now: datetime) -> dict[str, datetime]:
    """Return the channels that send a person nothing now, and until when. `rows` count unanswered messages."""
    found = {}
    for row in rows:
        kind, n = row.method.removeprefix(PROMPTS), row.consecutive
        is_full = row.next_at is not None and row.next_at > now and n >= _most(kind)
        if is_full and row.next_at and n - _never_arrived(row.user_id, kind, n, now) >= _most(kind):
            found[kind] = row.next_at
    return found


def _most(kind: str) -> int:
    """Return how many messages of a kind may go unanswered in a row."""
    return conf.unanswered_calls() if kind == Channel.CALL else conf.unanswered_texts()


_DISTURBED = (FailureReason.NO_ANSWER, FailureReason.BUSY, FailureReason.VOICEMAIL, FailureReason.HUNG_UP)


def _never_arrived(user_id: int, kind: str, n: int, now: datetime) -> int:
    """Count how many of the last messages didn't arrive. An unanswered call did arrive."""
    since = now - conf.unanswered_wait() - conf.unanswered_window() * n
    recent = Message.objects.filter(user_id=user_id, kind=kind, challenge__isnull=False, created_at__gte=since)
    last = recent.order_by("-created_at", "-pk").values_list("state", "reason")[:n]
    return sum(state in NOT_ARRIVED and reason not in _DISTURBED for state, reason in last)


def _count_prompt(user_id: int, name: str, *, most: int, now: datetime, run: batched_writes.Run) -> Gate:
    """Raise the count in one statement. A full count lasts for a day, and allows one message after each delay."""
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    table = "verification_failure"
    more = one_more(f"{table}.consecutive")
    is_over = (
        f"({table}.next_at IS NULL OR {table}.next_at <= %s AND {table}.consecutive < %s OR {table}.next_at <= %s)"
    )
    over = [db_time(now), most, db_time(now - DAY)]
    sql = f"""
        INSERT INTO {table} (user_id, method, consecutive, next_at, locked_at) VALUES (%s, %s, 1, %s, NULL)
        ON CONFLICT (user_id, method) DO UPDATE SET
            consecutive = CASE WHEN {is_over} THEN 1 ELSE {more} END,
            next_at = (CASE WHEN NOT {is_over} AND {more} >= %s THEN %s ELSE %s END){cast},
            locked_at = CASE WHEN {is_over} THEN NULL ELSE {table}.locked_at END
        WHERE {table}.next_at IS NULL OR {table}.next_at <= %s OR {table}.consecutive < %s
        RETURNING consecutive
    """  # noqa: S608  (only placeholders are put in)
    span, wait = db_time(now + conf.unanswered_window()), db_time(now + conf.unanswered_wait())
    arguments = [user_id, name, span, *over, *over, most, wait, span, *over, db_time(now), most]
    for row in run(sql, arguments):
        return Gate(is_open=True, n_failures=row["consecutive"])
    found = Failure.objects.filter(user_id=user_id, method=name).first()
    return Gate(
        is_open=False,
        retry_at=found.next_at if found else now + conf.unanswered_wait(),
        n_failures=found.consecutive if found else 0,
    )


def refund_prompt(user_id: int, kind: str, *, now: datetime) -> None:
    """Undo the count of a message that was not sent after all."""
    rows = Failure.objects.filter(user_id=user_id, method=f"{PROMPTS}{kind}", consecutive__gt=0)
    is_limited = Q(consecutive__gt=_most(kind))
    until = Case(When(is_limited, then=Value(now)), default=Value(now + conf.unanswered_window()))
    rows.update(consecutive=F("consecutive") - 1, next_at=until)


def claim_unanswered_notice(user_id: int, kind: str, *, now: datetime) -> bool:
    """Return whether to notify the person that messages are stopped. True once per stop."""
    row = Failure.objects.filter(user_id=user_id, method=f"{PROMPTS}{kind}", locked_at=None)
    return bool(row.update(locked_at=now))


NOT_ARRIVED = (
    MessageState.UNKNOWN,
    MessageState.LOST,
    MessageState.UNDELIVERED,
    MessageState.FAILED,
    MessageState.EXPIRED,
)
