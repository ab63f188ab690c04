"""Bounds guessing and sending by guarded statements on rows; what a limit protects is the callers' matter."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from verification import conf, crypto
from verification.facts import Facts
from verification.models import Counter, Failure
from verification.statements import Delete, Slot, Update

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=31)  # what is spent is counted for so long at most
_MOST = 2**31 - 1
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Gate:
    """Whether a deed may go on, and if not, when it may be tried again.

    `scope` names the bound that it broke, `alarms` those whose alarm this very deed set off.
    """

    is_open: bool
    retry_at: datetime | None = None
    n_failures: int = 0
    is_off: bool = False
    scope: str = ""
    alarms: tuple[str, ...] = ()


OPEN = Gate(is_open=True)


def network_of(address: str) -> str:
    """Fold an address to what one person is likely to hold: an IPv4 address or an IPv6 /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address)


# Guessing ------------------------------------------------------------------------------------------------------


def _schedule(now: datetime, free: int) -> list[tuple[int, datetime]]:
    """List for each failure after which a wait begins when that wait ends: 1, 2, 4 ... 60 minutes."""
    waits: list[tuple[int, datetime]] = []
    wait = timedelta(minutes=1)
    while wait < conf.longest_wait():
        waits.append((free + len(waits), now + wait))
        wait *= 2
    return waits


def _time(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if value is not None else None


def _read_time(value: Any) -> datetime | None:
    """Turn a timestamp of a raw statement into an aware one; SQLite answers text without a zone."""
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def reserve(user_id: int, method: str, *, now: datetime) -> Gate:
    """Count a failure before the answer is looked at, in one statement, so that parallel guesses cannot slip through.

    A right answer calls `clear`, one that cost nothing calls `refund`. A closed gate counts nothing.
    """
    waits = _schedule(now, conf.free_failures())
    cases = " ".join("WHEN %s THEN %s" for _ in waits)
    times: list[Any] = [part for count, until in waits for part in (count, _time(until))]
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    sql = f"""
        INSERT INTO verification_failure (user_id, method, consecutive, next_at, off_at)
        VALUES (%s, %s, 1, NULL, NULL)
        ON CONFLICT (user_id, method) DO UPDATE SET
            consecutive = verification_failure.consecutive + 1,
            next_at = (CASE WHEN verification_failure.consecutive + 1 < %s THEN NULL
                ELSE (CASE verification_failure.consecutive + 1 {cases} ELSE %s END) END){cast},
            off_at = (CASE WHEN verification_failure.consecutive + 1 >= %s THEN %s ELSE NULL END){cast}
        WHERE (verification_failure.next_at IS NULL OR verification_failure.next_at <= %s)
            AND verification_failure.off_at IS NULL
        RETURNING consecutive
    """  # noqa: S608  (only placeholders are put in)
    arguments = [
        user_id,
        method,
        conf.free_failures(),
        *times,
        _time(now + conf.longest_wait()),
        conf.failures_until_off(),
        _time(now),
        _time(now),
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        row = cursor.fetchone()
    if row:
        return Gate(is_open=True, n_failures=row[0])
    return gate(user_id, method, now=now)


def gate(user_id: int, method: str, *, now: datetime) -> Gate:
    """Tell whether an answer with this method would be looked at now. Counts nothing."""
    row = Failure.objects.filter(user_id=user_id, method=method).first()
    if row is None:
        return OPEN
    if row.off_at:
        return Gate(is_open=False, is_off=True, n_failures=row.consecutive)
    if row.next_at and row.next_at > now:
        return Gate(is_open=False, retry_at=row.next_at, n_failures=row.consecutive)
    return Gate(is_open=True, n_failures=row.consecutive)


def refund(user_id: int, method: str) -> None:
    """Take back one counted failure: the answer cost nothing. A wait that this failure began ends with it."""
    Failure.objects.filter(user_id=user_id, method=method, consecutive__gt=0, off_at=None).update(
        consecutive=F("consecutive") - 1, next_at=None
    )


_CLEARED: dict[str, Any] = {"consecutive": 0, "next_at": None, "off_at": None}
_CLEAR = Update(lambda: (Failure.objects.filter(user=Slot("user"), method=Slot("method")), _CLEARED))


def clear(user_id: int, method: str = "") -> None:
    """Forget the failures in a row: a right answer was given, or support unlocks. Empty method: all methods."""
    if method:
        _CLEAR.run(user=user_id, method=method)
    else:
        Failure.objects.filter(user_id=user_id).update(**_CLEARED)


# Counting in windows -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bound:
    """At most `most` of something within a window, which each deed raises `by` so much.

    What all share is given back when another bound refuses the deed: nobody's refused requests use it up.
    """

    scope: str
    value: str
    window: timedelta
    most: int
    by: int = 1
    alarm_at: int | None = None
    is_shared: bool = False

    def key(self) -> str:
        return crypto.digest(f"limit.{self.scope}", self.value)

    def window_at(self, now: datetime) -> datetime:
        return now - (now - _EPOCH) % self.window


def _count(bounds: Iterable[_Bound], now: datetime) -> Gate:
    """Raise all counters in one statement and tell whether any is over its bound."""
    rows = {(b.scope, b.key()): b for b in bounds}
    ordered = sorted(rows)  # one order everywhere, so that two requests never wait for each other's rows
    values = ", ".join("(%s, %s, %s, %s)" for _ in ordered)
    sql = f"""
        INSERT INTO verification_counter (scope, key, window_at, count) VALUES {values}
        ON CONFLICT (scope, key, window_at) DO UPDATE SET count = verification_counter.count + excluded.count
        RETURNING scope, key, count
    """  # noqa: S608  (only placeholders are put in)
    arguments = [part for at in ordered for part in (*at, _time(rows[at].window_at(now)), rows[at].by)]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        counts = cursor.fetchall()
    over = [rows[scope, key] for scope, key, count in counts if count > rows[scope, key].most]
    if over:
        _give_back(rows, now)
        return Gate(is_open=False, retry_at=max(b.window_at(now) + b.window for b in over), scope=over[0].scope)
    passed = [(rows[scope, key], count) for scope, key, count in counts]
    alarms = tuple(b.scope for b, n in passed if b.alarm_at is not None and n - b.by < b.alarm_at <= n)
    return Gate(is_open=True, alarms=alarms) if alarms else OPEN


def _give_back(rows: Mapping[tuple[str, str], _Bound], now: datetime) -> None:
    for (scope, key), bound in rows.items():
        if bound.is_shared:
            counters = Counter.objects.filter(scope=scope, key=key, window_at=bound.window_at(now))
            counters.filter(count__gte=bound.by).update(count=F("count") - bound.by)


SPENT = "spend."  # how the scopes of what was spent begin


def spend_send(
    user_id: int, address: str, facts: Facts, *, area: str = "", cost: int = 0, caps: Iterable[Any] = ()
) -> Gate:
    """Spend one text or call of the person, the number, the range abroad, the network, the organisation and its caps.

    Shape: `area` is the range, empty at home; `caps` as `guard.caps` gives them. Units: `cost` as theirs.

    Runs in a statement of its own, before the deed's transaction: the organisation's row is everybody's, and to hold
    it until commit would make all sign-ins wait for one another. A crash in between costs a send, no more.
    """
    return _count(
        [
            _Bound("send.person", str(user_id), _HOUR, conf.sends_per_person_hour()),
            _Bound("send.number", address, _HOUR, conf.sends_per_number_hour()),
            _Bound("send.number_day", address, _DAY, conf.sends_per_number_day()),
            _Bound("send.network", network_of(facts.network), _HOUR, conf.sends_per_network_hour()),
            _Bound("send.site", "", _HOUR, conf.sends_per_site_hour(), is_shared=True),
            *(_ranges(area) if area else ()),
            *(
                _Bound(f"{SPENT}{cap.span}", "", cap.window, _MOST if cap.stop_at is None else cap.stop_at, **spent)
                for cap in caps
                for spent in [{"by": cost, "alarm_at": cap.alarm_at, "is_shared": True}]
            ),
        ],
        facts.now,
    )


def _ranges(area: str) -> list[_Bound]:
    return [
        _Bound("send.range", area, _HOUR, conf.sends_per_range_hour(), is_shared=True),
        _Bound("send.range_day", area, _DAY, conf.sends_per_range_day(), is_shared=True),
    ]


def spent(span: str, window: timedelta, *, now: datetime) -> int:
    """Tell how much was spent in the present window of a span. Units: as it was counted."""
    bound = _Bound(f"{SPENT}{span}", "", window, _MOST)
    rows = Counter.objects.filter(scope=bound.scope, key=bound.key(), window_at=bound.window_at(now))
    return rows.values_list("count", flat=True).first() or 0


def spend_asking(what: str, *, name: str, facts: Facts) -> Gate:
    """Spend one request that sends something to whoever is named: a few an hour for the name, more for the network."""
    bounds = [
        _Bound(f"{what}.name"[:24], name, _HOUR, conf.asks_per_name_hour()),
        _Bound(f"{what}.network"[:24], network_of(facts.network), _HOUR, conf.asks_per_network_hour()),
    ]
    return _count(bounds, facts.now)


def spend_notice(address: str, *, now: datetime) -> bool:
    """Spend one text of a notice to a number; False when it had as many as it may have in a day."""
    return _count([_Bound("notice.number", address, _DAY, conf.notices_per_number_day())], now).is_open


def spend_deed(staff_id: int, *, most: int, facts: Facts) -> Gate:
    """Spend one of the deeds that a member of the support desk may do for others in a day."""
    return _count([_Bound("support.staff", str(staff_id), _DAY, most)], facts.now)


def spend_once(what: str, token: str, *, until: datetime) -> bool:
    """Spend something that is good once, until its end; False if it was spent, also by somebody at the same instant."""
    return _count([_Bound(what, token, _DAY, 1)], until).is_open


def is_spent(what: str, token: str, *, until: datetime) -> bool:
    """Tell whether something that is good once was spent. Counts nothing."""
    bound = _Bound(what, token, _DAY, 1)
    return Counter.objects.filter(scope=what, key=bound.key(), window_at=bound.window_at(until), count__gt=0).exists()


def spend_check(service: str, facts: Facts) -> Gate:
    """Spend one look at a password that came through a service, of its network: floods end here, locks nobody."""
    return _count([_check_bound(service, facts)], facts.now)


def _check_bound(service: str, facts: Facts) -> _Bound:
    where = f"{service} {network_of(facts.network)}"
    return _Bound("check.network", where, _MINUTE, conf.checks_per_network_minute())


def password_gate(name: str, facts: Facts, *, service: str = "") -> Gate:
    """Count one password attempt for a name, known or not, and for its network, before the password is looked at.

    Waits grow as for codes. The name is kept as a digest only, so that unknown names look and cost the same. What
    comes through a service is counted apart, with the looks of `spend_check` in the hour's place: an old program that
    keeps failing there makes nobody's own sign-in wait, and no office's.
    """
    waits = _schedule(facts.now, conf.password_free_failures())
    cases = " ".join("WHEN %s THEN %s" for _ in waits)
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    hour = _Bound("password.network", network_of(facts.network), _HOUR, conf.network_passwords_per_hour())
    bound = _check_bound(service, facts) if service else hour
    table = "verification_counter"
    sql = f"""
        INSERT INTO {table} (scope, key, window_at, count, until_at) VALUES (%s, %s, %s, 1, %s), (%s, %s, %s, 1, NULL)
        ON CONFLICT (scope, key, window_at) DO UPDATE SET count = {table}.count + 1,
            until_at = (CASE WHEN {table}.scope <> 'password.name' THEN NULL WHEN {table}.count + 1 < %s THEN %s
                ELSE (CASE {table}.count + 1 {cases} ELSE %s END) END){cast}
        WHERE {table}.until_at IS NULL OR {table}.until_at <= %s
        RETURNING scope, count
    """  # noqa: S608  (only placeholders are put in)
    waiting = [part for count, until in waits for part in (count, _time(until))]
    name_key = crypto.digest("limit.password.name", _name_at(service, name))
    over = _time(facts.now - _HOUR)  # no wait, whichever host's clock asks; and the purge sees when it was tried last
    arguments = [
        *("password.name", name_key, _time(_EPOCH), over),
        *(bound.scope, bound.key(), _time(bound.window_at(facts.now))),
        *(conf.password_free_failures(), over),
        *waiting,
        _time(facts.now + conf.longest_wait()),
        _time(facts.now),
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        counts = dict(cursor.fetchall())
    if "password.name" not in counts:
        row = Counter.objects.filter(scope="password.name", key=name_key, window_at=_EPOCH).first()
        return Gate(is_open=False, retry_at=row.until_at if row else facts.now + _HOUR)
    if counts.get(bound.scope, 0) > bound.most:
        return Gate(is_open=False, retry_at=bound.window_at(facts.now) + bound.window)
    return OPEN


def _name_at(service: str, name: str) -> str:
    # A folded name has no space before it, so the one with a service is nobody's.
    return f" {service} {name}" if service else name


_FORGET_NAME = Delete(lambda: Counter.objects.filter(scope="password.name", key=Slot("key")))


def password_right(name: str, *, service: str = "") -> None:
    """Forget the wrong passwords of a name."""
    for key in crypto.digests("limit.password.name", _name_at(service, name)):
        _FORGET_NAME.run(key=key)


def refund_check(service: str, facts: Facts) -> None:
    """Take back one look of a network: the password was right. A page of fifty pictures is fifty right ones."""
    bound = _check_bound(service, facts)
    rows = Counter.objects.filter(scope=bound.scope, key=bound.key(), window_at=bound.window_at(facts.now))
    rows.filter(count__gt=0).update(count=F("count") - 1)


def purge(now: datetime) -> int:
    """Remove counters whose window is long over."""
    old = Counter.objects.exclude(window_at=_EPOCH).filter(window_at__lt=now - 2 * _DAY)
    old = old.exclude(scope__startswith=SPENT, window_at__gte=now - _LONGEST)
    stale = Counter.objects.filter(window_at=_EPOCH, until_at__lt=now - _DAY)
    return old.delete()[0] + stale.delete()[0]
