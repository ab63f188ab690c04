"""Fills the service's database with months of sign-ins, copied from real ones. Runs in the driver's process."""

import time
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Max, Min
from django.utils import timezone

from accounts.models import User
from verification import audit, retention
from verification.audit import digests, triggers, verification_audit_events, verifying
from verification.db import partitions
from verification.db.partitions import Month
from verification.keys import crypto
from verification.models import AuditEvent, Challenge, Message

_COPIED = (AuditEvent, Challenge, Message)
_EPOCH_MS = 1_577_836_800_000  # what ids count from
_SHAPES = "bench_"  # how the tables with the real rows begin
# `s` is the number of a sign-in. All rows of one have the same person and network; three of ten are in the office.
_S = "(g.n * %(each)s + t.who)"
_USER = f"(%(first)s + (hashint8({_S})::bigint & 2147483647) %% %(people)s)"
_NETWORK = (
    f"CASE WHEN {_S} %% 10 < 3 THEN '198.51.100.7' ELSE"
    f" '10.' || (hashint8({_S}) & 255) || '.' || (hashint8({_S} + 7) & 255) || '.' || (hashint8({_S} + 9) & 255) END"
)
_MS = f"(%(start_ms)s + ({_S} * %(step_ms)s)::bigint)"
_AT = f"to_timestamp({_MS} / 1000.0)"
_ID = f"(({_MS} - {_EPOCH_MS}) << 22 | (({_S} * 32 + t.place) & 4194303))"
_CHALLENGE = "(%(challenges)s + g.n * 1000 + {})"
_HANDLE = "md5(%(start_ms)s || '-' || g.n || '-' || t.place || '-' || t.{})"
_CHANGED = {
    AuditEvent: {
        "id": _ID,
        "ref": _HANDLE.format("ref"),
        "at": _AT,
        "user_id": _USER,
        "actor_id": _USER,
        "network": _NETWORK,
    },
    Challenge: {
        "id": _CHALLENGE.format("t.place"),
        "handle": _HANDLE.format("handle"),
        "binding": _HANDLE.format("binding"),
        "user_id": _USER,
        "issued_at": _AT,
        "expires_at": _AT,
        "ended_at": _AT,
        "network": _NETWORK,
    },
    Message: {
        "id": _ID,
        "handle": _HANDLE.format("handle"),
        "user_id": _USER,
        "challenge_id": _CHALLENGE.format("t.parent"),
        "created_at": _AT,
    },
}


def shapes(*, sign_ins: int) -> dict[str, float]:
    """Keep the rows of the real sign-ins, and return how many of each table one of them wrote."""
    counts = {}
    users = list(Challenge.objects.order_by("-id").values_list("user_id", flat=True)[:sign_ins])
    with connection.cursor() as cursor:
        for model in _COPIED:
            table = model._meta.db_table
            parent = "0"
            if model is Message:
                parent = f"(SELECT place FROM {_SHAPES}{Challenge._meta.db_table} c WHERE c.id = m.challenge_id)"
            cursor.execute(
                f"CREATE TABLE {_SHAPES}{table} AS SELECT row_number() OVER (ORDER BY id) AS place,"
                f" array_position(%s, user_id) - 1 AS who, {parent} AS parent, m.*"
                f" FROM {table} m WHERE user_id = ANY(%s)",
                [users, users],
            )
            counts[table] = cursor.rowcount / len(users)
    return counts


def genuine(*, back: int, n: int) -> dict[str, float]:
    """Fill a month with events that verify, and seal them. Units: seconds."""
    at = _month(back).starts_at
    retention.make_months(at)
    first = partitions.first_id(at)
    AuditEvent.objects.bulk_create((_genuine(first + (place << 14), at) for place in range(n)), batch_size=2000)
    begun = time.perf_counter()
    while audit.seal(at):
        pass
    sealed = time.perf_counter()
    assert list(verifying.verify_before(partitions.first_id(_month(back - 1).starts_at))) == []
    return {"seal": sealed - begun, "verify": time.perf_counter() - sealed}


def _genuine(pk: int, at: datetime) -> AuditEvent:
    row = AuditEvent(id=pk, at=at, kind=verification_audit_events.CHALLENGE_PROVEN.kind, key_id=crypto.digest_key())
    row.user_id = row.actor_id = pk % 1000
    row.network, row.agent, row.detail = "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64)", {"method": "totp"}
    row.digest = digests.digest_of_event(row)
    return row


def remove(*, back: int) -> float:
    """Remove the months before one as housekeeping does: verified, stated, dropped. Units: seconds."""
    begun = time.perf_counter()
    removed = audit.remove(_month(back), now=timezone.now())
    assert removed.n_events, removed
    return time.perf_counter() - begun


def fill(*, back: int, sign_ins: int, tables: int) -> float:
    """Fill a month with so many sign-ins: events, or also challenges and messages with three tables. Units: seconds."""
    start = _month(back).starts_at
    end = min(_month(back - 1).starts_at, timezone.now())
    retention.make_months(start)
    begun = time.perf_counter()
    people = User.objects.filter(email__endswith="@people.example").aggregate(first=Min("pk"), last=Max("pk"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(who) + 1 FROM {_SHAPES}{Challenge._meta.db_table}")
        each = int(cursor.fetchone()[0])
        for model in _COPIED[:tables]:
            values = {
                "each": each,
                "first": people["first"],
                "people": people["last"] - people["first"] + 1,
                "start_ms": int(start.timestamp() * 1000),
                "step_ms": (end - start).total_seconds() * 1000 / (sign_ins + each),
                "challenges": (100 - back) * 10**10,
                "groups": sign_ins // each - 1,
            }
            cursor.execute(_copying(model), values)
    return time.perf_counter() - begun


def _copying(model: type[models.Model]) -> str:
    columns = [str(field.column) for field in model._meta.concrete_fields]
    chosen = ", ".join(_CHANGED[model].get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({names}) SELECT {chosen}"
        f" FROM generate_series(0, %(groups)s) AS g(n) CROSS JOIN {_SHAPES}{table} t"
    )


def settle() -> None:
    """Vacuum and analyse, as autovacuum has done in a year."""
    with connection.cursor() as cursor:
        for model in _COPIED:
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def sizes() -> dict[str, list[tuple[str, int, int]]]:
    """Return the parts of each table: name, rows, and bytes with indexes."""
    found: dict[str, list[tuple[str, int, int]]] = {}
    with connection.cursor() as cursor:
        for model in _COPIED:
            table = model._meta.db_table
            for name in partitions.names(connection, table) or [table]:
                cursor.execute(f"SELECT count(*), pg_total_relation_size('{name}') FROM {name}")
                n, size = cursor.fetchone()
                found.setdefault(table, []).append((name, n, size))
    return found


_SIZE, _LOG = "pg_database_size(current_database())", "pg_current_wal_insert_lsn() - '0/0'"


def goes(*, back: int, how: str) -> dict[str, float]:
    """Take a month of events away, by `drop` or by `delete`. Units: seconds; bytes of the log; bytes that come back."""
    first, end = (partitions.first_id(_month(n).starts_at) for n in (back, back - 1))
    table = AuditEvent._meta.db_table
    rows = AuditEvent.objects.filter(id__gte=first, id__lt=end)
    n_rows, size, wal = (
        rows.count(),
        _bytes("pg_database_size(current_database())"),
        _bytes("pg_current_wal_insert_lsn() - '0/0'"),
    )
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        if how == "drop":
            name = next(part.name for part in partitions.parts(connection, table) if part.first == first)
            cursor.execute(f"DROP TABLE {name}")
        else:
            triggers.lift(connection)
            cursor.execute(f"DELETE FROM {table} WHERE id >= %s AND id < %s", [first, end])
            triggers.put(connection)
    took = time.perf_counter() - begun
    return {"rows": n_rows, "took": took, "wal": _bytes(_LOG) - wal, "freed": size - _bytes(_SIZE)}


def updates() -> dict[str, tuple[int, int]]:
    """Return how many rows of each table were updated, and how many of these without a new entry in any index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE n_tup_upd > 0")
        return {name: (updated, hot) for name, updated, hot in cursor.fetchall()}


def autovacuum(*, is_on: bool) -> None:
    """Switch autovacuum on or off for the whole server."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SYSTEM SET autovacuum = {'on' if is_on else 'off'}")
        cursor.execute("SELECT pg_reload_conf()")


def growth() -> dict[str, int]:
    """Return the bytes of every table with its indexes, the parts of one together."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(i.inhparent, c.oid)::regclass::text, sum(pg_total_relation_size(c.oid))::bigint"
            " FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1"
        )
        return dict(cursor.fetchall())


def _bytes(what: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({what})::bigint")
        return int(cursor.fetchone()[0])


def _month(back: int) -> Month:
    return Month.of(timezone.now()).later(-back)


def order(what: str, **more: Any) -> Any:
    """Do one thing that the bench asks for."""
    return globals()[what](**more)
