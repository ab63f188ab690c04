"""Rate limits for wrong passwords: by name and place, by name and day, and by network."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from verification import conf
from verification.browsers import known_browsers
from verification.context import Context, network_of
from verification.keys import crypto
from verification.limits.gates import (
    DAY,
    EPOCH,
    HOUR,
    MINUTE,
    OPEN,
    UNLIMITED,
    Gate,
    change_rows,
    db_time,
    for_network,
    wait_schedule,
)
from verification.limits.windows import WindowLimit, check_limit
from verification.models import Counter


def password_gate(name: str, context: Context, *, service: str = "") -> Gate:
    """Count one password attempt for a name, known or not, and for its network, before the password is looked at.

    A browser in which this person signed in before is counted by itself: no stranger makes it wait. Strangers are
    counted by the name and their network, and all of them together by the name and the day. So a stranger closes a name
    for their own network, and many strangers for other unknown browsers, each for a quarter of an hour at most.

    Names are kept as digests only, so that unknown ones look and cost the same. What comes through a service is counted
    apart, with the looks of `spend_check` in the hour's place: an old program that keeps failing there makes nobody's
    own sign-in wait, and no office's.
    """
    rows = _password_rows(name, context, service)
    counts = _count_passwords(rows, context.now)
    closed = [row for row in rows if row.at not in counts]
    if closed:
        # What is not looked at counts for nobody's name, or refused attempts would close it everywhere.
        _refund_passwords([row for row in rows if row.free is not None and row.at in counts], context.now)
        found = [
            Counter.objects.filter(scope=row.scope, key=row.key, window_at=row.window_at).first() for row in closed
        ]
        ends = [counter.until_at for counter in found if counter and counter.until_at]
        return Gate(is_open=False, retry_at=max(ends, default=context.now + MINUTE))
    network = rows[-1]
    if counts[network.at] > network.most:
        _refund_passwords(rows[:-1], context.now)
        return Gate(is_open=False, retry_at=network.window_at + network.window)
    return OPEN


@dataclass(frozen=True)
class _PasswordCounter:
    """One count of password attempts: with waits after so many `free` ones, or with a limit of `most`."""

    scope: str
    key: str
    window_at: datetime
    free: int | None = None
    most: int = UNLIMITED
    window: timedelta = DAY

    @property
    def at(self) -> tuple[str, str]:
        return self.scope, self.key


_BY_PLACE, _BY_DAY = "password.name", "password.all"


def _password_rows(name: str, context: Context, service: str) -> list[_PasswordCounter]:
    """List what an attempt is counted under: the place, and if it is a stranger's the name and, last, the network.

    One neighbour could otherwise use up the hour of an office, and its known browsers would wait as well.
    """
    named = _name_key(name, service)
    device = known_browsers.known(context.device, name)
    place = f"device {device}" if device else f"network {network_of(context.network)}"
    here = named + crypto.digest("limit.password.place", place)[:_KEY_LENGTH]
    mine = _PasswordCounter(_BY_PLACE, here, EPOCH, free=conf.password_failures_before_delay())
    if device:
        return [mine]
    day = context.now - (context.now - EPOCH) % DAY
    anywhere = _PasswordCounter(_BY_DAY, named, day, free=conf.password_failures_per_day())
    most = for_network(conf.password_failures_per_network_hour(), context.network)
    hour = WindowLimit("password.network", network_of(context.network), HOUR, most)
    limit = check_limit(service, context) if service else hour
    network = _PasswordCounter(
        limit.scope, limit.key(), limit.window_at(context.now), most=limit.most, window=limit.window
    )
    return [mine, anywhere, network]


_KEY_LENGTH = 32  # hex digits: 128 bits tell names and places apart


def _name_key(name: str, service: str = "") -> str:
    # A folded name has no space before it, so the one with a service is nobody's.
    return crypto.digest("limit.password.name", f" {service} {name}" if service else name)[:_KEY_LENGTH]


def _count_passwords(rows: list[_PasswordCounter], now: datetime) -> dict[tuple[str, str], int]:
    """Raise the counts in one statement, but for those that wait; gives the ones that were raised."""
    table, cast = "verification_counter", "" if connection.vendor == "sqlite" else "::timestamptz"
    over = db_time(now - HOUR)  # no wait, whichever host's clock asks; and the purge sees when it was tried last
    values, arguments, cases, waits = [], [], "", []
    for row in sorted(rows, key=lambda row: row.at):  # one order everywhere: nobody waits for each other's rows
        values.append("(%s, %s, %s, 1, %s)")
        arguments += [row.scope, row.key, db_time(row.window_at), over if row.free is not None else None]
        if row.free is None:
            continue
        schedule = wait_schedule(now, row.free, conf.max_password_delay())
        steps = " ".join("WHEN %s THEN %s" for _ in schedule)
        cases += (
            f" WHEN {table}.scope = %s THEN (CASE WHEN {table}.count + 1 < %s THEN %s"
            f" ELSE (CASE {table}.count + 1 {steps} ELSE %s END) END)"
        )
        waits += [row.scope, row.free, over, *(part for count, until in schedule for part in (count, db_time(until)))]
        waits.append(db_time(now + conf.max_password_delay()))
    sql = f"""
        INSERT INTO {table} (scope, key, window_at, count, until_at) VALUES {", ".join(values)}
        ON CONFLICT (scope, key, window_at) DO UPDATE SET count = {table}.count + 1,
            until_at = (CASE{cases} ELSE NULL END){cast}
        WHERE {table}.until_at IS NULL OR {table}.until_at <= %s
        RETURNING scope, key, count
    """  # noqa: S608  (only placeholders are put in)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*arguments, *waits, db_time(now)])
        return {(scope, key): count for scope, key, count in cursor.fetchall()}


def _refund_passwords(rows: list[_PasswordCounter], now: datetime) -> None:
    for row in rows:
        counters = Counter.objects.filter(scope=row.scope, key=row.key, window_at=row.window_at, count__gt=0)
        counters.update(count=F("count") - 1, until_at=now - HOUR)


def password_accepted(name: str, context: Context, *, service: str = "") -> None:
    """Forget the wrong passwords of a name at this place, and give the network and the day this attempt back.

    One statement, as every sign-in runs it.
    """
    rows, over = _password_rows(name, context, service), db_time(context.now - HOUR)
    places = " OR ".join("c.scope = %s AND c.key = %s AND c.window_at = %s" for _ in rows)
    changes = """
        count = (CASE WHEN c.scope = %s THEN 0 ELSE c.count - 1 END),
        until_at = (CASE WHEN c.scope = %s OR c.scope = %s THEN %s ELSE c.until_at END)"""
    change_rows(
        "verification_counter c",
        "c.scope, c.key",
        f"({places}) AND (c.scope = %s OR c.count > 0)",
        [*(part for row in rows for part in (row.scope, row.key, db_time(row.window_at))), _BY_PLACE],
        changes,
        [_BY_PLACE, _BY_PLACE, _BY_DAY, over],
    )


def forget_passwords(name: str) -> None:
    """Forget the wrong passwords of a name wherever they were typed: it was made sure who the person is."""
    key = _name_key(name)
    Counter.objects.filter(scope=_BY_DAY, key=key).delete()
    Counter.objects.filter(scope=_BY_PLACE, key__gte=key, key__lt=f"{key}g").delete()  # the keys that begin so
