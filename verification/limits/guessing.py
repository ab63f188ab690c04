"""Rate limits for wrong codes: waits and lockout per method, and a monthly limit over all methods."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet

from verification import conf
from verification.limits.gates import DAY, OPEN, UNLIMITED, Gate, change_rows, db_time, wait_schedule
from verification.limits.unanswered import PROMPT_KINDS
from verification.models import Failure, Purpose

_ALL_LOCKED = "*"  # the row that says since when everything a person set up is off
DAYS = "day."  # how the rows begin that count a person's wrong codes of a day, of all methods
_MONTH = timedelta(days=30)


def day_name(now: datetime) -> str:
    return f"{DAYS}{now.astimezone(UTC):%Y-%m-%d}"


def reserve(user_id: int, method: str, *, now: datetime, is_counted: bool = False, switches_off: bool = True) -> Gate:
    """Count a failure before the answer is looked at, in one statement, so that parallel guesses cannot slip through.

    It counts in the run of the method, which a right answer ends, and if `is_counted` among the person's wrong codes of
    thirty days over all methods, which it does not. A right answer calls `clear`, one that cost nothing `refund`.
    With `switches_off` so many in a row switch it off; else they only wait. A closed gate counts nothing.
    Source: NIST SP 800-63B-4, 3.2.2.
    """
    waits = wait_schedule(now, conf.failures_before_delay(), conf.max_delay())
    cases = " ".join("WHEN %s THEN %s" for _ in waits)
    times: list[Any] = [part for count, until in waits for part in (count, db_time(until))]
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    day, most = day_name(now), conf.wrong_codes_per_month()
    none = "CAST(NULL AS timestamptz)"
    former = """(SELECT COALESCE(SUM(CASE WHEN f.method = %s THEN %s ELSE f.consecutive END), 0)
        FROM verification_failure f WHERE f.user_id = %s AND (
            f.method = %s AND f.locked_at IS NOT NULL OR f.method >= %s AND f.method < %s))"""
    formers = [_ALL_LOCKED, most, user_id, _ALL_LOCKED, day_name(now - _MONTH + DAY), day]
    run = (f"SELECT CAST(%s AS bigint), CAST(%s AS varchar), 1, {none}, {none} WHERE 1 = 1", [user_id, method])
    month = (
        f"SELECT CAST(%s AS bigint), CAST(%s AS varchar), 1, CAST(%s AS timestamptz), {none} WHERE {former} < %s",
        [user_id, day, db_time(now), *formers, most],
    )
    if connection.vendor == "sqlite":  # its cast would make a number of an instant
        month = (month[0].replace("CAST(%s AS timestamptz)", "%s"), month[1])
    # Rows are met in one order everywhere, so that nobody waits for each other's.
    added = sorted([run, month], key=lambda row: str(row[1][1])) if is_counted else [run]
    sql = f"""
        INSERT INTO verification_failure (user_id, method, consecutive, next_at, locked_at)
        {" UNION ALL ".join(select for select, _ in added)}
        ON CONFLICT (user_id, method) DO UPDATE SET
            consecutive = verification_failure.consecutive + 1,
            next_at = (CASE WHEN verification_failure.method = %s THEN %s
                WHEN verification_failure.consecutive + 1 < %s THEN NULL
                ELSE (CASE verification_failure.consecutive + 1 {cases} ELSE %s END) END){cast},
            locked_at = (CASE WHEN verification_failure.method <> %s AND verification_failure.consecutive + 1 >= %s THEN %s
                ELSE NULL END){cast}
        WHERE CASE WHEN verification_failure.method = %s THEN verification_failure.consecutive + {former} < %s
            ELSE (verification_failure.next_at IS NULL OR verification_failure.next_at <= %s)
                AND verification_failure.locked_at IS NULL END
        RETURNING method, consecutive
    """
    arguments = [
        *(value for _, values in added for value in values),
        *(day, db_time(now), conf.failures_before_delay(), *times, db_time(now + conf.max_delay())),
        *(day, conf.lockout_threshold() if switches_off else UNLIMITED, db_time(now)),
        *(day, *formers, most, db_time(now)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        counts = dict(cursor.fetchall())
    if method in counts and (day in counts or not is_counted):
        return Gate(is_open=True, n_failures=counts[method], n_today=counts.get(day, 0))
    if method in counts:  # the month is full
        refund(user_id, method, now=now)
        return Gate(is_open=False, is_locked=True, scope=DAYS)
    if day in counts:
        _refund_day(user_id, now)
    return gate(user_id, method, now=now, is_counted=is_counted)


def gate(user_id: int, method: str, *, now: datetime, is_counted: bool = False) -> Gate:
    """Tell whether an answer with this method would be looked at now. Counts nothing."""
    names = [method, _ALL_LOCKED] if is_counted else [method]
    rows = {row.method: row for row in Failure.objects.filter(user_id=user_id, method__in=names)}
    row = rows.get(method)
    if any(each.locked_at for each in rows.values()):
        return Gate(is_open=False, is_locked=True, n_failures=row.consecutive if row else 0)
    if row is None:
        return OPEN
    if row.next_at and row.next_at > now:
        return Gate(is_open=False, retry_at=row.next_at, n_failures=row.consecutive)
    return Gate(is_open=True, n_failures=row.consecutive)


def refund(user_id: int, method: str, *, now: datetime, is_counted: bool = False) -> None:
    """Take back one counted failure: the answer cost nothing. A wait that this failure began ends with it."""
    day = day_name(now)
    changes = "consecutive = f.consecutive - 1, next_at = (CASE WHEN f.method <> %s THEN NULL ELSE f.next_at END)"
    names = [method, day] if is_counted else [method]
    _change(user_id, names, changes, [day], only="f.consecutive > 0 AND f.locked_at IS NULL")


def _refund_day(user_id: int, now: datetime) -> None:
    rows = Failure.objects.filter(user_id=user_id, method=day_name(now), consecutive__gt=0)
    rows.update(consecutive=F("consecutive") - 1)


def clear(user_id: int, method: str, *, now: datetime, is_counted: bool = False, tried: str = "") -> None:
    """Note a right answer: the failures in a row are over, and nobody is asked in vain; the month gets its try back.

    `tried` is a method that was tried out with success: its wait ends. What is locked stays locked until set up again.
    """
    day = day_name(now)
    changes = """
        consecutive = (CASE WHEN f.method <> %s THEN 0 WHEN f.consecutive > 0 THEN f.consecutive - 1 ELSE 0 END),
        next_at = (CASE WHEN f.method <> %s THEN NULL ELSE f.next_at END), locked_at = NULL"""
    names = [method, *PROMPT_KINDS, *([day] if is_counted else []), *([tried] if tried else [])]
    _change(user_id, names, changes, [day, day], only="(f.method <> %s OR f.locked_at IS NULL)", about=[tried])


def _change(
    user_id: int, names: list[str], changes: str, values: list[Any], *, only: str, about: Iterable[Any] = ()
) -> None:
    """Change some of a person's rows in one statement. `only` and `about` choose further among them."""
    where = f"f.user_id = %s AND f.method IN ({', '.join('%s' for _ in names)}) AND {only}"
    change_rows("verification_failure f", "f.method", where, [user_id, *names, *about], changes, values)


_CLEARED: dict[str, Any] = {"consecutive": 0, "next_at": None}


def unlock(user_id: int, *methods: str) -> None:
    """Forget the failures in a row of methods that were set up again, or of all because support unlocks them."""
    rows = Failure.objects.filter(user_id=user_id).exclude(method=_ALL_LOCKED).exclude(method__startswith=DAYS)
    names = [*methods, *(f"{purpose}.{method}" for method in methods for purpose in Purpose.values)]
    _held(rows.filter(method__in=names) if methods else rows).update(**_CLEARED, locked_at=None)


def hold(user_id: int) -> None:
    """Lock a person's failures, in the order of `reserve`. Inside a transaction."""
    rows = Failure.objects.filter(user_id=user_id).order_by("method")
    list(rows.select_for_update().values_list("pk", flat=True))


def _held(rows: QuerySet[Failure]) -> QuerySet[Failure]:
    """Give rows to change, which PostgreSQL holds in the order of `reserve`. Inside a transaction."""
    held: QuerySet[Failure] = Failure.objects.filter(pk__in=rows.order_by("method").select_for_update().values("pk"))
    return held


@dataclass(frozen=True)
class WrongCodes:
    """A person's wrong codes of thirty days over all methods; with `stopped_at` the second step is off."""

    n: int = 0
    last_at: datetime | None = None
    stopped_at: datetime | None = None


def wrong_codes(user_id: int, *, now: datetime) -> WrongCodes:
    """Count a person's wrong codes of the last thirty days."""
    is_day = Q(method__gte=day_name(now - _MONTH + DAY), method__lte=day_name(now))
    rows = list(Failure.objects.filter(is_day | Q(method=_ALL_LOCKED), user_id=user_id))
    days = [row for row in rows if row.method != _ALL_LOCKED and row.consecutive]
    return WrongCodes(
        n=sum(row.consecutive for row in days),
        last_at=max((row.next_at for row in days if row.next_at), default=None),
        stopped_at=next((row.locked_at for row in rows if row.method == _ALL_LOCKED), None),
    )


def lock_all(user_id: int, *, now: datetime) -> bool:
    """Switch everything off that a person set up and that can be guessed; True for the one who does."""
    row, is_new = Failure.objects.get_or_create(user_id=user_id, method=_ALL_LOCKED, defaults={"locked_at": now})
    return is_new or bool(Failure.objects.filter(pk=row.pk, locked_at=None).update(locked_at=now))


def reset_wrong_codes(user_id: int) -> None:
    """Reset a person's count and end the lock of everything: what they have now was set up after it."""
    rows = Failure.objects.filter(Q(method=_ALL_LOCKED) | Q(method__startswith=DAYS), user_id=user_id)
    _held(rows).delete()


def all_locked_at(user: OuterRef) -> "QuerySet[Failure, Any]":
    """Give, within a statement about somebody's rows, since when all that they set up is off."""
    return Failure.objects.filter(user=user, method=_ALL_LOCKED).values("locked_at")
