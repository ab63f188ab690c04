"""Limits on guessing codes: delays and lockout per method, and a 30-day limit over all methods.

The counts are rows of `Failure`: one per method for incorrect answers in a row, and one per day over all methods.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, overload

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet

from verification import conf
from verification.db.compiled_queries import BindParam, Select, Update, bind_each, fill_each
from verification.limits import unanswered_messages
from verification.limits.counting.counter_rows import DAY, UNLIMITED, Row, change_rows, db_time
from verification.limits.counting.limit_decision import OPEN, Gate
from verification.limits.growing_delays import wait_schedule
from verification.limits.unanswered_messages import PROMPT_KINDS
from verification.models import Failure, Purpose

_ALL_LOCKED = "*"  # the row that says since when all methods of a person are locked
_TABLE = "verification_failure"
_ONE_LESS = "(CASE WHEN consecutive > 0 THEN consecutive - 1 ELSE 0 END)"
DAYS = "day."  # prefix of the rows that count incorrect codes per day, over all methods
WRONG_CODES_PERIOD = timedelta(days=30)  # in which incorrect codes over all methods are counted


def day_name(now: datetime) -> str:
    return f"{DAYS}{now.astimezone(UTC):%Y-%m-%d}"


Statement = tuple[str, Sequence[Any]]

_NAMED = Select(lambda: Failure.objects.filter(user_id=BindParam("user_id"), method__in=bind_each("name", 2)))


@overload
def reserve(
    user_id: int, method: str, *, now: datetime, is_counted: bool = False, switches_off: bool = True
) -> Gate: ...
@overload
def reserve(
    user_id: int,
    method: str,
    *,
    now: datetime,
    is_counted: bool = False,
    switches_off: bool = True,
    after: Statement,
) -> Gate | None: ...
def reserve(
    user_id: int,
    method: str,
    *,
    now: datetime,
    is_counted: bool = False,
    switches_off: bool = True,
    after: Statement | None = None,
) -> Gate | None:
    """Count a failure before the answer is checked, so that parallel guesses can't exceed the limit.

    Call `clear` if the answer is correct, and `refund` if it should not count. A gate that isn’t open counts nothing.
    `after` is an update that uses up a try. If it changes no row, nothing is counted and None is returned.

    The failure counts towards the method's failures in a row, which a correct answer resets. With `is_counted` it also
    counts towards the 30-day limit over all methods, which a correct answer doesn't reset. With `switches_off` no more
    are counted after too many in a row, and the caller locks the method; otherwise they only delay.
    Source: NIST SP 800-63B-4, 3.2.2.
    """
    waits = wait_schedule(now, conf.failures_before_delay(), conf.max_delay())
    cases = " ".join("WHEN %s THEN %s" for _ in waits)
    times: list[Any] = [part for count, until in waits for part in (count, db_time(until))]
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    day, most = day_name(now), conf.wrong_codes_per_month()
    most_in_row = conf.lockout_threshold() if switches_off else UNLIMITED
    none = "CAST(NULL AS timestamptz)"
    former = """(SELECT COALESCE(SUM(CASE WHEN f.method = %s THEN %s ELSE f.consecutive END), 0)
        FROM verification_failure f WHERE f.user_id = %s AND (
            f.method = %s AND f.locked_at IS NOT NULL OR f.method >= %s AND f.method < %s))"""
    formers = [_ALL_LOCKED, most, user_id, _ALL_LOCKED, day_name(now - WRONG_CODES_PERIOD + DAY), day]
    # PostgreSQL takes the try and counts the failure in one statement, SQLite in one transaction.
    is_one = after is not None and connection.vendor != "sqlite"
    is_tried = "EXISTS (SELECT 1 FROM tried)" if is_one else "1 = 1"
    run = (f"SELECT CAST(%s AS bigint), CAST(%s AS varchar), 1, {none}, {none} WHERE {is_tried}", [user_id, method])
    select = f"SELECT CAST(%s AS bigint), CAST(%s AS varchar), 1, CAST(%s AS timestamptz), {none} WHERE {former} < %s"
    month = (f"{select} AND {is_tried}", [user_id, day, db_time(now), *formers, most])
    if connection.vendor == "sqlite":  # its cast would turn a time into a number
        month = (month[0].replace("CAST(%s AS timestamptz)", "%s"), month[1])
    # All statements lock rows in the same order, so that none deadlock.
    added = sorted([run, month], key=lambda row: str(row[1][1])) if is_counted else [run]
    sql = f"""
        INSERT INTO verification_failure (user_id, method, consecutive, next_at, locked_at)
        {" UNION ALL ".join(select for select, _ in added)}
        ON CONFLICT (user_id, method) DO UPDATE SET
            consecutive = verification_failure.consecutive + 1,
            next_at = (CASE WHEN verification_failure.method = %s THEN %s
                WHEN verification_failure.consecutive + 1 < %s THEN NULL
                ELSE (CASE verification_failure.consecutive + 1 {cases} ELSE %s END) END){cast}
        WHERE CASE WHEN verification_failure.method = %s THEN verification_failure.consecutive + {former} < %s
            ELSE (verification_failure.next_at IS NULL OR verification_failure.next_at <= %s)
                AND verification_failure.locked_at IS NULL AND verification_failure.consecutive < %s END
        RETURNING method, consecutive
    """
    arguments = [
        *(value for _, values in added for value in values),
        *(day, db_time(now), conf.failures_before_delay(), *times, db_time(now + conf.max_delay())),
        *(day, *formers, most, db_time(now), most_in_row),
    ]
    counts = _count_after(after, sql, arguments)
    if counts is None:
        return None
    if method in counts and (day in counts or not is_counted):
        return Gate(is_open=True, n_failures=counts[method], n_today=counts.get(day, 0))
    if method in counts:  # the 30-day limit is reached
        refund(user_id, method, now=now)
        return Gate(is_open=False, is_locked=True, scope=DAYS)
    if day in counts:
        _refund_day(user_id, now)
    return gate(user_id, method, now=now, is_counted=is_counted, most_in_row=most_in_row)


def _count_after(after: Statement | None, sql: str, arguments: list[Any]) -> dict[str, int] | None:
    """Run an update, and count if it changed a row. Return the counts by their names, or None if it changed nothing."""
    if after is None or connection.vendor == "sqlite":
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            if after is not None:
                cursor.execute(*after)
                if not cursor.rowcount:
                    return None
            cursor.execute(sql, arguments)
            return dict(cursor.fetchall())
    whole = f"""
        WITH tried AS ({after[0]} RETURNING 1), counted AS ({sql})
        SELECT '', count(*) FROM tried UNION ALL SELECT method, consecutive FROM counted
    """  # noqa: S608  (only placeholders are put in)
    with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(whole, [*after[1], *arguments])
        counts = dict(cursor.fetchall())
    return counts if counts.pop("") else None


def gate(user_id: int, method: str, *, now: datetime, is_counted: bool = False, most_in_row: int = UNLIMITED) -> Gate:
    """Return whether an answer with this method would be checked now. Counts nothing."""
    names = [method, _ALL_LOCKED] if is_counted else [method]
    rows = {row.method: row for row in _NAMED.all(user_id=user_id, **fill_each("name", names, 2))}
    row = rows.get(method)
    if any(each.locked_at for each in rows.values()):
        return Gate(is_open=False, is_locked=True, n_failures=row.consecutive if row else 0)
    return _gate(row, now, most_in_row)


def gates_and_stops(
    user_id: int, methods: Collection[str], *, now: datetime
) -> tuple[dict[str, Gate], dict[str, datetime]]:
    """Return, for several counts, whether an answer would be checked now, without the limit over all methods.

    And the channels that send the person nothing now, because messages went unanswered, and until when.
    """
    found = Failure.objects.filter(user_id=user_id, method__in=[*methods, *PROMPT_KINDS])
    rows = {row.method: row for row in found}
    prompts = [rows[name] for name in PROMPT_KINDS if name in rows]
    return {name: _gate(rows.get(name), now) for name in methods}, unanswered_messages.stopped(prompts, now=now)


def _gate(row: Failure | None, now: datetime, most_in_row: int = UNLIMITED) -> Gate:
    if row is None:
        return OPEN
    if row.locked_at:
        return Gate(is_open=False, is_locked=True, n_failures=row.consecutive)
    if row.next_at and row.next_at > now:
        return Gate(is_open=False, retry_at=row.next_at, n_failures=row.consecutive)
    is_locked = row.consecutive >= most_in_row  # the request that counted the last one crashed before it locked
    return Gate(is_open=not is_locked, is_locked=is_locked, n_failures=row.consecutive)


def refund(user_id: int, method: str, *, now: datetime, is_counted: bool = False) -> None:
    """Undo one counted failure, with the delay that it started. A lockout stays.

    `now` is the time at which it was counted.
    """
    day = day_name(now)
    changes = f"""
        consecutive = {_ONE_LESS},
        next_at = (CASE WHEN method <> %s THEN NULL ELSE next_at END)"""
    names = [method, day] if is_counted else [method]
    change_rows(_TABLE, _named(user_id, names), (changes, [day]), only=("locked_at IS NULL", ()))


def _refund_day(user_id: int, now: datetime) -> None:
    rows = Failure.objects.filter(user_id=user_id, method=day_name(now), consecutive__gt=0)
    rows.update(consecutive=F("consecutive") - 1)


def clear(user_id: int, method: str, *, now: datetime, is_counted: bool = False, tried: str = "") -> None:
    """Reset the counts after a correct answer: failures in a row, unanswered messages, and this try of the 30 days.

    `tried` is a method that passed a self-test, so its delay ends. A lockout stays until the method is set up again.
    """
    day = day_name(now)
    changes = f"""
        consecutive = (CASE WHEN method <> %s THEN 0 ELSE {_ONE_LESS} END),
        next_at = (CASE WHEN method <> %s THEN NULL ELSE next_at END), locked_at = NULL"""
    names = [method, *PROMPT_KINDS, *([day] if is_counted else []), *([tried] if tried else [])]
    change_rows(
        _TABLE,
        _named(user_id, names),
        (changes, [day, day]),
        only=("(method <> %s OR locked_at IS NULL)", [tried]),
        ending=_named(user_id, [day]) if is_counted else (),
        over=("consecutive <= 1", ()),  # a day that would count nothing
    )


def _named(user_id: int, names: list[str]) -> list[Row]:
    return [{"user_id": user_id, "method": name} for name in names]


@cache
def _unlock(n_names: int) -> Update:
    """Return the update that resets as many counts of a person, or all of them for 0."""

    def build() -> tuple[QuerySet[Failure], dict[str, Any]]:
        rows = Failure.objects.filter(user_id=BindParam("user_id"))
        rows = rows.exclude(method=_ALL_LOCKED).exclude(method__startswith=DAYS)
        named = rows.filter(method__in=bind_each("name", n_names)) if n_names else rows
        return _locked(named), {"consecutive": 0, "next_at": None, "locked_at": None}

    return Update(build)


def unlock(user_id: int, *methods: str) -> None:
    """Reset failures and lockouts of the methods that were set up again, or of all if support unlocks the person."""
    names = [*methods, *(f"{purpose}.{method}" for method in methods for purpose in Purpose.values)]
    _unlock(len(names)).run(user_id=user_id, **{f"name{at}": name for at, name in enumerate(names)})


def lock_failures(user_id: int) -> None:
    """Lock a person's failure rows, in the order of `reserve`. Call it in a transaction."""
    rows = Failure.objects.filter(user_id=user_id).order_by("method")
    list(rows.select_for_update().values_list("pk", flat=True))


def _locked(rows: QuerySet[Failure]) -> QuerySet[Failure]:
    """Return the rows, locked in the order of `reserve`. Call it in a transaction."""
    locked: QuerySet[Failure] = Failure.objects.filter(pk__in=rows.order_by("method").select_for_update().values("pk"))
    return locked


@dataclass(frozen=True)
class WrongCodes:
    """A person's incorrect codes in 30 days over all methods. `stopped_at` is set if all methods are locked."""

    n: int = 0
    n_today: int = 0
    last_at: datetime | None = None
    stopped_at: datetime | None = None


_WRONG_CODES = Select(
    lambda: Failure.objects.filter(
        Q(method__gte=BindParam("first"), method__lte=BindParam("last")) | Q(method=_ALL_LOCKED),
        user_id=BindParam("user_id"),
    )
)


def wrong_codes(user_id: int, *, now: datetime) -> WrongCodes:
    """Count a person's incorrect codes in the last 30 days."""
    rows = _WRONG_CODES.all(user_id=user_id, first=day_name(now - WRONG_CODES_PERIOD + DAY), last=day_name(now))
    days = [row for row in rows if row.method != _ALL_LOCKED and row.consecutive]
    return WrongCodes(
        n=sum(row.consecutive for row in days),
        n_today=sum(row.consecutive for row in days if row.method == day_name(now)),
        last_at=max((row.next_at for row in days if row.next_at), default=None),
        stopped_at=next((row.locked_at for row in rows if row.method == _ALL_LOCKED), None),
    )


def lock(user_id: int, method: str, *, now: datetime) -> bool:
    """Lock a method after too many failures in a row. Return False if it is locked already."""
    rows = Failure.objects.filter(user_id=user_id, method=method, consecutive__gte=conf.lockout_threshold())
    return bool(rows.filter(locked_at=None).update(locked_at=now))


def lock_all(user_id: int, *, now: datetime) -> bool:
    """Lock all methods of a person that can be guessed. Return False if they are locked already."""
    row, is_new = Failure.objects.get_or_create(user_id=user_id, method=_ALL_LOCKED, defaults={"locked_at": now})
    return is_new or bool(Failure.objects.filter(pk=row.pk, locked_at=None).update(locked_at=now))


def reset_wrong_codes(user_id: int) -> None:
    """Reset a person's 30-day count and unlock all methods, because they were all set up again."""
    rows = Failure.objects.filter(Q(method=_ALL_LOCKED) | Q(method__startswith=DAYS), user_id=user_id)
    _locked(rows).delete()


def all_locked_at(user: OuterRef) -> "QuerySet[Failure, Any]":
    """Return a subquery for when all methods of a person were locked."""
    return Failure.objects.filter(user=user, method=_ALL_LOCKED).values("locked_at")
