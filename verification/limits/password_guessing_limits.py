"""Limits on guessing passwords: per username and place, per username and day, and per network."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Max, Q

from verification import conf
from verification.browsers import device_cookies_of_known_browsers
from verification.context import Context
from verification.db import batched_writes
from verification.keys import crypto
from verification.limits.client_networks import for_network, network_of
from verification.limits.counting.counter_rows import (
    DAY,
    EPOCH,
    HOUR,
    KEY_LENGTH,
    MINUTE,
    UNLIMITED,
    change_rows,
    db_time,
    one_more,
)
from verification.limits.counting.fixed_windows import WindowLimit
from verification.limits.counting.limit_decision import OPEN, Gate
from verification.limits.growing_delays import wait_schedule
from verification.limits.incorrect_program_secrets import check_limit
from verification.models import Counter


def password_gate(
    name: str, context: Context, *, service: str = "", run: batched_writes.Run = batched_writes.run
) -> Gate:
    """Count a password attempt before the password is checked, for known and unknown usernames alike.

    A browser from which this person signed in before has a count of its own, so a stranger can't make it wait. Attempts
    from other browsers count per username and network, and all together per username and day. So one attacker delays a
    username on their own network, and many attackers delay it for other unknown browsers, up to the longest delay.

    Usernames are stored as digests, so that unknown ones behave like known ones. Attempts through a `service` have
    separate counts, with the limit of `spend_check` instead of the hourly one, so that a program that keeps failing
    delays nobody's sign-in. `run` runs the statement that counts, and returns its rows.
    """
    rows = _password_rows(name, context, service)
    counts = _count_passwords(rows, context.now, run)
    full = [row for row in rows if row.scope not in counts]
    if full:
        # An attempt that isn't checked counts for no username, or refused attempts would block it everywhere.
        _refund_passwords([row for row in rows if row.free is not None and row.scope in counts], context.now)
        found = [Counter.objects.filter(scope=row.scope, key=row.key, window_at=row.window_at).first() for row in full]
        ends = [counter.until_at for counter in found if counter and counter.until_at]
        return Gate(is_open=False, retry_at=max(ends, default=context.now + MINUTE))
    network = rows[-1]
    if counts[network.scope] > network.most:
        _refund_passwords(rows[:-1], context.now)
        return Gate(is_open=False, retry_at=network.window_at + network.window)
    return OPEN


@dataclass(frozen=True)
class _PasswordCounter:
    """One count of password attempts: with delays after `free` failures, or with a limit of `most`."""

    scope: str
    key: bytes
    window_at: datetime
    free: int | None = None
    most: int = UNLIMITED
    window: timedelta = DAY

    @property
    def at(self) -> tuple[str, bytes]:
        return self.scope, self.key


_BY_PLACE, _BY_DAY = "password.name", "password.all"


def _password_rows(name: str, context: Context, service: str) -> list[_PasswordCounter]:
    """Return the counters of an attempt: of the place, and for an unknown browser of the username and the network.

    Known browsers don't count per network, or one neighbour could use up the hour of a whole office.
    """
    named = _name_key(name, service)
    device = device_cookies_of_known_browsers.known(context.device, name)
    place = f"device {device}" if device else f"network {network_of(context.network)}"
    here = named + crypto.mac("limit.password.place", place)[:KEY_LENGTH]
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


def _name_key(name: str, service: str = "") -> bytes:
    # A folded username never starts with a space, so this can't be anyone's.
    return crypto.mac("limit.password.name", f" {service} {name}" if service else name)[:KEY_LENGTH]


def _count_passwords(rows: list[_PasswordCounter], now: datetime, run: batched_writes.Run) -> dict[str, int]:
    """Raise the counters that aren't in a delay, in one statement. Return their new counts by scope."""
    table, cast = "verification_counter", "" if connection.vendor == "sqlite" else "::timestamptz"
    more = one_more(f"{table}.count")
    over = db_time(now - HOUR)  # a time that is over on any clock; `purge` reads it as the last attempt
    values, arguments, cases, waits = [], [], "", []
    for row in sorted(
        rows, key=lambda row: row.at
    ):  # all statements lock rows in the same order, so that none deadlock
        values.append("(%s, %s, %s, 1, %s)")
        arguments += [row.scope, row.key, db_time(row.window_at), over if row.free is not None else None]
        if row.free is None:
            continue
        schedule = wait_schedule(now, row.free, conf.max_password_delay())
        steps = " ".join("WHEN %s THEN %s" for _ in schedule)
        cases += (
            f" WHEN {table}.scope = %s THEN (CASE WHEN {more} < %s THEN %s ELSE (CASE {more} {steps} ELSE %s END) END)"
        )
        waits += [row.scope, row.free, over, *(part for count, until in schedule for part in (count, db_time(until)))]
        waits.append(db_time(now + conf.max_password_delay()))
    sql = f"""
        INSERT INTO {table} (scope, key, window_at, count, until_at) VALUES {", ".join(values)}
        ON CONFLICT (scope, key, window_at) DO UPDATE SET count = {more},
            until_at = (CASE{cases} ELSE NULL END){cast}
        WHERE {table}.until_at IS NULL OR {table}.until_at <= %s
        RETURNING scope, count
    """  # noqa: S608  (only placeholders are put in)
    return {row["scope"]: row["count"] for row in run(sql, [*arguments, *waits, db_time(now)])}


def _refund_passwords(rows: list[_PasswordCounter], now: datetime) -> None:
    for row in rows:
        counters = Counter.objects.filter(scope=row.scope, key=row.key, window_at=row.window_at, count__gt=0)
        counters.update(count=F("count") - 1, until_at=now - HOUR)


def password_accepted(name: str, context: Context, *, service: str = "") -> None:
    """Reset the count of a username at this place, and undo this attempt for its network and day.

    With the other writes of a block, because every sign-in runs it. A count that would be 0 is deleted: its row would
    only be kept until it is purged.
    """
    rows, past = _password_rows(name, context, service), db_time(context.now - HOUR)
    keys = [{"scope": row.scope, "key": row.key, "window_at": db_time(row.window_at)} for row in rows]
    less = "count = (CASE WHEN count > 0 THEN count - 1 ELSE 0 END)"
    changes = f"{less}, until_at = (CASE WHEN scope = %s THEN %s ELSE until_at END)"
    over = ("(scope = %s OR count <= 1)", [_BY_PLACE])
    change_rows("verification_counter", keys, (changes, [_BY_DAY, past]), ending=keys, over=over)


def refund_password(name: str, context: Context, *, service: str = "") -> None:
    """Undo an attempt for its username, because nobody checked the password, or it was correct and refused.

    It still counts for the network.
    """
    _refund_passwords([row for row in _password_rows(name, context, service) if row.free is not None], context.now)


def passwords_wait_until(name: str, *, now: datetime) -> datetime | None:
    """Return when the last wait after incorrect passwords of a username ends, at any place. None if nobody waits."""
    key = _name_key(name)
    found = Counter.objects.filter(Q(scope=_BY_DAY, key=key) | _places(key), until_at__gt=now)
    until: datetime | None = found.aggregate(until=Max("until_at"))["until"]
    return until


def forget_passwords(name: str) -> None:
    """Reset the counts of a username at all places, because support or a password reset verified the person."""
    key = _name_key(name)
    Counter.objects.filter(scope=_BY_DAY, key=key).delete()
    Counter.objects.filter(_places(key)).delete()


def _places(key: bytes) -> Q:
    """Filter the counts of a username at its places: all keys with this prefix."""
    return Q(scope=_BY_PLACE, key__gte=key, key__lte=key + b"\xff" * KEY_LENGTH)
