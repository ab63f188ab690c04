"""Bounds guessing and sending by guarded statements on rows; what a limit protects is the callers' matter."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When

from verification import conf
from verification.browsers import known_browsers
from verification.context import Context, network_of
from verification.keys import crypto
from verification.models import Counter, Failure, Kind, Message, MessageState, Purpose, Reason, State

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
    n_today: int = 0
    scope: str = ""
    alarms: tuple[str, ...] = ()


OPEN = Gate(is_open=True)


def _for_network(most: int, network: str) -> int:
    """Give a bound of a network: the organisation's own, where thousands share one address, are allowed more."""
    try:
        address = ipaddress.ip_address(network)
    except ValueError:
        return most
    is_own = any(address in ipaddress.ip_network(own) for own in conf.own_networks())
    return most * conf.own_network_factor() if is_own else most


# Guessing ------------------------------------------------------------------------------------------------------


def _schedule(now: datetime, free: int, longest: timedelta) -> list[tuple[int, datetime]]:
    """List for each failure after which a wait begins when that wait ends: 1, 2, 4 ... minutes, below the longest."""
    waits: list[tuple[int, datetime]] = []
    wait = timedelta(minutes=1)
    while wait < longest:
        waits.append((free + len(waits), now + wait))
        wait *= 2
    return waits


def _time(value: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if value is not None else None


_STOP = "*"  # the row that says since when everything a person set up is off
_DAYS = "day."  # how the rows begin that count a person's wrong codes of a day, of all methods
_PROMPTS = "prompt."  # how the rows begin that count messages which nobody answered
_MONTH = timedelta(days=30)
_KINDS = tuple(f"{_PROMPTS}{kind}" for kind in Kind.values)


def _day(now: datetime) -> str:
    return f"{_DAYS}{now.astimezone(UTC):%Y-%m-%d}"


def reserve(user_id: int, method: str, *, now: datetime, is_counted: bool = False, switches_off: bool = True) -> Gate:
    """Count a failure before the answer is looked at, in one statement, so that parallel guesses cannot slip through.

    It counts in the run of the method, which a right answer ends, and if `is_counted` among the person's wrong codes of
    thirty days over all methods, which it does not. A right answer calls `clear`, one that cost nothing `refund`.
    With `switches_off` so many in a row switch it off; else they only wait. A closed gate counts nothing.
    Source: NIST SP 800-63B-4, 3.2.2.
    """
    waits = _schedule(now, conf.failures_before_delay(), conf.max_delay())
    cases = " ".join("WHEN %s THEN %s" for _ in waits)
    times: list[Any] = [part for count, until in waits for part in (count, _time(until))]
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    day, most = _day(now), conf.wrong_codes_per_month()
    none = "CAST(NULL AS timestamptz)"
    former = """(SELECT COALESCE(SUM(CASE WHEN f.method = %s THEN %s ELSE f.consecutive END), 0)
        FROM verification_failure f WHERE f.user_id = %s AND (
            f.method = %s AND f.off_at IS NOT NULL OR f.method >= %s AND f.method < %s))"""
    formers = [_STOP, most, user_id, _STOP, _day(now - _MONTH + _DAY), day]
    run = (f"SELECT CAST(%s AS bigint), CAST(%s AS varchar), 1, {none}, {none} WHERE 1 = 1", [user_id, method])
    month = (
        f"SELECT CAST(%s AS bigint), CAST(%s AS varchar), 1, CAST(%s AS timestamptz), {none} WHERE {former} < %s",
        [user_id, day, _time(now), *formers, most],
    )
    if connection.vendor == "sqlite":  # its cast would make a number of an instant
        month = (month[0].replace("CAST(%s AS timestamptz)", "%s"), month[1])
    # Rows are met in one order everywhere, so that nobody waits for each other's.
    added = sorted([run, month], key=lambda row: str(row[1][1])) if is_counted else [run]
    sql = f"""
        INSERT INTO verification_failure (user_id, method, consecutive, next_at, off_at)
        {" UNION ALL ".join(select for select, _ in added)}
        ON CONFLICT (user_id, method) DO UPDATE SET
            consecutive = verification_failure.consecutive + 1,
            next_at = (CASE WHEN verification_failure.method = %s THEN %s
                WHEN verification_failure.consecutive + 1 < %s THEN NULL
                ELSE (CASE verification_failure.consecutive + 1 {cases} ELSE %s END) END){cast},
            off_at = (CASE WHEN verification_failure.method <> %s AND verification_failure.consecutive + 1 >= %s THEN %s
                ELSE NULL END){cast}
        WHERE CASE WHEN verification_failure.method = %s THEN verification_failure.consecutive + {former} < %s
            ELSE (verification_failure.next_at IS NULL OR verification_failure.next_at <= %s)
                AND verification_failure.off_at IS NULL END
        RETURNING method, consecutive
    """
    arguments = [
        *(value for _, values in added for value in values),
        *(day, _time(now), conf.failures_before_delay(), *times, _time(now + conf.max_delay())),
        *(day, conf.lockout_threshold() if switches_off else _MOST, _time(now)),
        *(day, *formers, most, _time(now)),
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        counts = dict(cursor.fetchall())
    if method in counts and (day in counts or not is_counted):
        return Gate(is_open=True, n_failures=counts[method], n_today=counts.get(day, 0))
    if method in counts:  # the month is full
        refund(user_id, method, now=now)
        return Gate(is_open=False, is_off=True, scope=_DAYS)
    if day in counts:
        _give_day_back(user_id, now)
    return gate(user_id, method, now=now, is_counted=is_counted)


def gate(user_id: int, method: str, *, now: datetime, is_counted: bool = False) -> Gate:
    """Tell whether an answer with this method would be looked at now. Counts nothing."""
    names = [method, _STOP] if is_counted else [method]
    rows = {row.method: row for row in Failure.objects.filter(user_id=user_id, method__in=names)}
    row = rows.get(method)
    if any(each.off_at for each in rows.values()):
        return Gate(is_open=False, is_off=True, n_failures=row.consecutive if row else 0)
    if row is None:
        return OPEN
    if row.next_at and row.next_at > now:
        return Gate(is_open=False, retry_at=row.next_at, n_failures=row.consecutive)
    return Gate(is_open=True, n_failures=row.consecutive)


def refund(user_id: int, method: str, *, now: datetime, is_counted: bool = False) -> None:
    """Take back one counted failure: the answer cost nothing. A wait that this failure began ends with it."""
    day = _day(now)
    changes = "consecutive = f.consecutive - 1, next_at = (CASE WHEN f.method <> %s THEN NULL ELSE f.next_at END)"
    names = [method, day] if is_counted else [method]
    _change(user_id, names, changes, [day], only="f.consecutive > 0 AND f.off_at IS NULL")


def _give_day_back(user_id: int, now: datetime) -> None:
    rows = Failure.objects.filter(user_id=user_id, method=_day(now), consecutive__gt=0)
    rows.update(consecutive=F("consecutive") - 1)


def clear(user_id: int, method: str, *, now: datetime, is_counted: bool = False, tried: str = "") -> None:
    """Note a right answer: the failures in a row are over, and nobody is asked in vain; the month gets its try back.

    `tried` is a method that was tried out with success: its wait ends. What is off stays off: it must be bound again.
    """
    day = _day(now)
    changes = """
        consecutive = (CASE WHEN f.method <> %s THEN 0 WHEN f.consecutive > 0 THEN f.consecutive - 1 ELSE 0 END),
        next_at = (CASE WHEN f.method <> %s THEN NULL ELSE f.next_at END), off_at = NULL"""
    names = [method, *_KINDS, *([day] if is_counted else []), *([tried] if tried else [])]
    _change(user_id, names, changes, [day, day], only="(f.method <> %s OR f.off_at IS NULL)", about=[tried])


def _change(
    user_id: int, names: list[str], changes: str, values: list[Any], *, only: str, about: Iterable[Any] = ()
) -> None:
    """Change some of a person's rows in one statement. `only` and `about` choose further among them."""
    where = f"f.user_id = %s AND f.method IN ({', '.join('%s' for _ in names)}) AND {only}"
    _change_rows("verification_failure f", "f.method", where, [user_id, *names, *about], changes, values)


def _change_rows(table: str, order: str, where: str, which: list[Any], changes: str, values: list[Any]) -> None:
    """Change rows in one statement. Shape: `table` with its alias of one letter.

    PostgreSQL holds them in the order in which they are counted: two requests at once must not wait for each other's.
    """
    alias = table[-1]
    if connection.vendor == "sqlite":
        sql = f"UPDATE {table[:-1]}AS {alias} SET {changes} WHERE {where}"  # noqa: S608  (only placeholders)
        arguments = [*values, *which]
    else:
        held = f"SELECT {alias}.id FROM {table} WHERE {where} ORDER BY {order} FOR UPDATE"  # noqa: S608
        target = f"{table[:-1]}AS {alias}"
        sql = f"WITH held AS ({held}) UPDATE {target} SET {changes} FROM held WHERE {alias}.id = held.id"  # noqa: S608
        arguments = [*which, *values]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)


_CLEARED: dict[str, Any] = {"consecutive": 0, "next_at": None}


def switch_on(user_id: int, *methods: str) -> None:
    """Forget the failures in a row of methods that were bound again, or of all because support unlocks."""
    rows = Failure.objects.filter(user_id=user_id).exclude(method=_STOP).exclude(method__startswith=_DAYS)
    names = [*methods, *(f"{purpose}.{method}" for method in methods for purpose in Purpose.values)]
    _held(rows.filter(method__in=names) if methods else rows).update(**_CLEARED, off_at=None)


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
    is_day = Q(method__gte=_day(now - _MONTH + _DAY), method__lte=_day(now))
    rows = list(Failure.objects.filter(is_day | Q(method=_STOP), user_id=user_id))
    days = [row for row in rows if row.method != _STOP and row.consecutive]
    return WrongCodes(
        n=sum(row.consecutive for row in days),
        last_at=max((row.next_at for row in days if row.next_at), default=None),
        stopped_at=next((row.off_at for row in rows if row.method == _STOP), None),
    )


def stop(user_id: int, *, now: datetime) -> bool:
    """Switch everything off that a person set up and that can be guessed; True for the one who does."""
    row, is_new = Failure.objects.get_or_create(user_id=user_id, method=_STOP, defaults={"off_at": now})
    return is_new or bool(Failure.objects.filter(pk=row.pk, off_at=None).update(off_at=now))


def forget_wrong_codes(user_id: int) -> None:
    """Reset a person's count, and end the stop: what they have now was bound after it."""
    rows = Failure.objects.filter(Q(method=_STOP) | Q(method__startswith=_DAYS), user_id=user_id)
    _held(rows).delete()


def stopped(user: Any) -> Any:
    """Give, within a statement about somebody's rows, since when all that they set up is off."""
    return Failure.objects.filter(user=user, method=_STOP).values("off_at")


# Messages that nobody answers ----------------------------------------------------------------------------------


def spend_prompt(user_id: int, kind: str, *, now: datetime) -> Gate:
    """Count one text, call or mail of a person that nobody has answered yet; closed when they were too many in a row.

    A right answer by whichever method ends the row, and so does a quarter of an hour without another one. Messages that
    never arrived disturbed nobody: they do not close it.
    """
    name, most = f"{_PROMPTS}{kind}", conf.unanswered(kind)
    gate = _count_prompt(user_id, name, most=most, now=now)
    if gate.is_open or gate.n_failures - _never_arrived(user_id, kind, gate.n_failures, now) >= most:
        return gate
    rows = Failure.objects.filter(user_id=user_id, method=name, consecutive=gate.n_failures)
    if rows.update(consecutive=F("consecutive") + 1, next_at=now + conf.unanswered_wait()):
        return Gate(is_open=True, n_failures=gate.n_failures + 1)
    return gate


_DISTURBED = (Reason.NO_ANSWER, Reason.BUSY, Reason.VOICEMAIL, Reason.HUNG_UP)


def _never_arrived(user_id: int, kind: str, n: int, now: datetime) -> int:
    """Count those of the last so many messages that did not arrive. A call that nobody answers did ring."""
    since = now - conf.unanswered_wait() - conf.unanswered_window() * n
    recent = Message.objects.filter(user_id=user_id, kind=kind, challenge__isnull=False, created_at__gte=since)
    last = recent.order_by("-created_at", "-pk").values_list("state", "reason")[:n]
    return sum(state in _NOT_ARRIVED and reason not in _DISTURBED for state, reason in last)


def _count_prompt(user_id: int, name: str, *, most: int, now: datetime) -> Gate:
    """Raise the count in one statement. One that closed goes on for a day: each wait lets a single message through."""
    cast = "" if connection.vendor == "sqlite" else "::timestamptz"
    table = "verification_failure"
    is_over = (
        f"({table}.next_at IS NULL OR {table}.next_at <= %s AND {table}.consecutive < %s OR {table}.next_at <= %s)"
    )
    over = [_time(now), most, _time(now - _DAY)]
    sql = f"""
        INSERT INTO {table} (user_id, method, consecutive, next_at, off_at) VALUES (%s, %s, 1, %s, NULL)
        ON CONFLICT (user_id, method) DO UPDATE SET
            consecutive = CASE WHEN {is_over} THEN 1 ELSE {table}.consecutive + 1 END,
            next_at = (CASE WHEN NOT {is_over} AND {table}.consecutive + 1 >= %s THEN %s ELSE %s END){cast},
            off_at = CASE WHEN {is_over} THEN NULL ELSE {table}.off_at END
        WHERE {table}.next_at IS NULL OR {table}.next_at <= %s OR {table}.consecutive < %s
        RETURNING consecutive
    """  # noqa: S608  (only placeholders are put in)
    span, wait = _time(now + conf.unanswered_window()), _time(now + conf.unanswered_wait())
    arguments = [user_id, name, span, *over, *over, most, wait, span, *over, _time(now), most]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        row = cursor.fetchone()
    if row:
        return Gate(is_open=True, n_failures=row[0])
    found = Failure.objects.filter(user_id=user_id, method=name).first()
    return Gate(
        is_open=False,
        retry_at=found.next_at if found else now + conf.unanswered_wait(),
        n_failures=found.consecutive if found else 0,
    )


def give_prompt_back(user_id: int, kind: str, *, now: datetime) -> None:
    """Take back one counted message that did not go out after all: nobody was asked, so nobody left it unanswered."""
    rows = Failure.objects.filter(user_id=user_id, method=f"{_PROMPTS}{kind}", consecutive__gt=0)
    is_closed = Q(consecutive__gt=conf.unanswered(kind))
    until = Case(When(is_closed, then=Value(now)), default=Value(now + conf.unanswered_window()))
    rows.update(consecutive=F("consecutive") - 1, next_at=until)


def tell_of_prompts(user_id: int, kind: str, *, now: datetime) -> bool:
    """Tell whether the person is still to be told that no more messages go out; True once for each time."""
    row = Failure.objects.filter(user_id=user_id, method=f"{_PROMPTS}{kind}", off_at=None)
    return bool(row.update(off_at=now))


# Counting in windows -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Bound:
    """At most `most` of something within a window, which each deed raises `by` so much.

    What `is_given_back` is so when any bound refuses the deed: refused requests use up nothing that all share, and no
    messages of anybody.
    """

    scope: str
    value: str
    window: timedelta
    most: int
    by: int = 1
    alarm_at: int | None = None
    is_given_back: bool = False

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
        if bound.is_given_back:
            counters = Counter.objects.filter(scope=scope, key=key, window_at=bound.window_at(now))
            counters.filter(count__gte=bound.by).update(count=F("count") - bound.by)


SPENT = "spend."  # how the scopes of what was spent begin


def spend_send(
    user_id: int,
    address: str,
    context: Context,
    *,
    area: str = "",
    is_trial: bool = False,
    cost: int = 0,
    caps: Iterable[Any] = (),
) -> Gate:
    """Spend one text or call of the person, the number, the range abroad, the network, the organisation and its caps.

    Shape: `area` is the range, empty at home; `is_trial` tells that it is paused and a few are let through;
    `caps` as `guard.caps` gives them. Units: `cost` as theirs.

    Runs in a statement of its own, before the deed's transaction: the organisation's row is everybody's, and to hold
    it until commit would make all sign-ins wait for one another. A crash in between costs a send, no more.
    """
    bounds = [
        _Bound("send.person", str(user_id), _HOUR, conf.sends_per_person_hour(), is_given_back=True),
        _Bound("send.number", address, _HOUR, conf.sends_per_number_hour(), is_given_back=True),
        _Bound("send.number_day", address, _DAY, conf.sends_per_number_day(), is_given_back=True),
        _network_sends(context),
        _Bound("send.site", "", _HOUR, conf.sends_per_site_hour(), is_given_back=True),
        *(_ranges(area, is_trial=is_trial) if area else ()),
        *(
            _Bound(f"{SPENT}{cap.span}", "", cap.window, _MOST if cap.stop_at is None else cap.stop_at, **spent)
            for cap in caps
            for spent in [{"by": cost, "alarm_at": cap.alarm_at, "is_given_back": True}]
        ),
    ]
    gate = _count(bounds, context.now)
    if gate.scope == _NETWORK and _give_network_back(context):
        return _count(bounds, context.now)
    return gate


_NETWORK, _GIVEN = "send.network", "given.network"
_NOT_ARRIVED = (
    MessageState.UNKNOWN,
    MessageState.LOST,
    MessageState.UNDELIVERED,
    MessageState.FAILED,
    MessageState.EXPIRED,
)


def _network_sends(context: Context) -> _Bound:
    most = _for_network(conf.sends_per_network_hour(), context.network)
    return _Bound(_NETWORK, network_of(context.network), _HOUR, most, is_given_back=True)


def _give_network_back(context: Context) -> bool:
    """Take off a network's count what was typed in, or never arrived; False if that is nothing new.

    Done when the bound is met, and not with each right code, which would cost every sign-in a statement.
    """
    bound = _network_sends(context)
    start = bound.window_at(context.now)
    settled = Q(challenge__state=State.PROVEN) | Q(state__in=_NOT_ARRIVED)
    sent = Message.objects.filter(settled, created_at__gte=start, challenge__isnull=False)
    places = sent.values_list("challenge__network").annotate(n=Count("pk"))
    here = network_of(context.network)
    n_settled = sum(n for network, n in places if network_of(network) == here)
    rows = Counter.objects.filter(key=bound.key(), window_at=start)
    with transaction.atomic():
        # In the order of somebody who counted a message in this very transaction, and gives back now.
        list(rows.filter(scope=_NETWORK).select_for_update().values_list("pk", flat=True))
        given, _ = rows.get_or_create(
            scope=_GIVEN, key=bound.key(), window_at=start, defaults={"count": 0, "until_at": None}
        )
        # Of many requests that meet the bound at once, one gives back; the others find it done.
        if n_settled <= given.count:
            return False
        if not rows.filter(scope=_GIVEN, count=given.count).update(count=n_settled):
            return True
        more = n_settled - given.count
        rows.filter(scope=_NETWORK, count__gte=more).update(count=F("count") - more)
    return True


TRIAL = "send.trial"
_IN_TRIAL = 4  # messages that a paused range is tried with


def _ranges(area: str, *, is_trial: bool) -> list[_Bound]:
    return [
        _Bound("send.range", area, _HOUR, conf.sends_per_range_hour(), is_given_back=True),
        _Bound("send.range_day", area, _DAY, conf.sends_per_range_day(), is_given_back=True),
        *([_Bound(TRIAL, area, 5 * _MINUTE, _IN_TRIAL, is_given_back=True)] if is_trial else []),
    ]


def spent(span: str, window: timedelta, *, now: datetime) -> int:
    """Tell how much was spent in the present window of a span. Units: as it was counted."""
    bound = _Bound(f"{SPENT}{span}", "", window, _MOST)
    rows = Counter.objects.filter(scope=bound.scope, key=bound.key(), window_at=bound.window_at(now))
    return rows.values_list("count", flat=True).first() or 0


def spend_asking(what: str, *, name: str, context: Context) -> Gate:
    """Spend one request that sends something to whoever is named: a few an hour for the name, more for the network."""
    most = _for_network(conf.password_resets_per_network_hour(), context.network)
    bounds = [
        _Bound(f"{what}.name"[:24], name, _HOUR, conf.password_resets_per_name_hour()),
        _Bound(f"{what}.network"[:24], network_of(context.network), _HOUR, most),
    ]
    return _count(bounds, context.now)


def spend_notice(address: str, *, now: datetime) -> bool:
    """Spend one text of a notice to a number; False when it had as many as it may have in a day."""
    return _count([_Bound("notice.number", address, _DAY, conf.notices_per_number_day())], now).is_open


def spend_deed(staff_id: int, *, most: int, context: Context) -> Gate:
    """Spend one of the deeds that a member of the support desk may do for others in a day."""
    return _count([_Bound("support.staff", str(staff_id), _DAY, most)], context.now)


def spend_once(what: str, token: str, *, until: datetime) -> bool:
    """Spend something that is good once, until its end; False if it was spent, also by somebody at the same instant."""
    return _count([_Bound(what, token, _DAY, 1)], until).is_open


def is_spent(what: str, token: str, *, until: datetime) -> bool:
    """Tell whether something that is good once was spent. Counts nothing."""
    bound = _Bound(what, token, _DAY, 1)
    return Counter.objects.filter(scope=what, key=bound.key(), window_at=bound.window_at(until), count__gt=0).exists()


def spend_check(service: str, context: Context) -> Gate:
    """Spend one look at a password that came through a service, of its network: floods end here, locks nobody."""
    return _count([_check_bound(service, context)], context.now)


def _check_bound(service: str, context: Context) -> _Bound:
    where = f"{service} {network_of(context.network)}"
    most = _for_network(conf.app_password_failures_per_network_minute(), context.network)
    return _Bound("check.network", where, _MINUTE, most)


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
        _take_passwords_back([row for row in rows if row.free is not None and row.at in counts], context.now)
        found = [
            Counter.objects.filter(scope=row.scope, key=row.key, window_at=row.window_at).first() for row in closed
        ]
        ends = [counter.until_at for counter in found if counter and counter.until_at]
        return Gate(is_open=False, retry_at=max(ends, default=context.now + _MINUTE))
    network = rows[-1]
    if counts[network.at] > network.most:
        _take_passwords_back(rows[:-1], context.now)
        return Gate(is_open=False, retry_at=network.window_at + network.window)
    return OPEN


@dataclass(frozen=True)
class _PasswordRow:
    """One count of password attempts: with waits after so many `free` ones, or with a bound of `most`."""

    scope: str
    key: str
    window_at: datetime
    free: int | None = None
    most: int = _MOST
    window: timedelta = _DAY

    @property
    def at(self) -> tuple[str, str]:
        return self.scope, self.key


_HERE, _ANYWHERE = "password.name", "password.all"


def _password_rows(name: str, context: Context, service: str) -> list[_PasswordRow]:
    """List what an attempt is counted under: the place, and if it is a stranger's the name and, last, the network.

    One neighbour could otherwise use up the hour of an office, and its known browsers would wait as well.
    """
    named = _name_key(name, service)
    device = known_browsers.known(context.device, name)
    place = f"device {device}" if device else f"network {network_of(context.network)}"
    here = named + crypto.digest("limit.password.place", place)[:_HALF]
    mine = _PasswordRow(_HERE, here, _EPOCH, free=conf.password_failures_before_delay())
    if device:
        return [mine]
    day = context.now - (context.now - _EPOCH) % _DAY
    anywhere = _PasswordRow(_ANYWHERE, named, day, free=conf.password_failures_per_day())
    most = _for_network(conf.password_failures_per_network_hour(), context.network)
    hour = _Bound("password.network", network_of(context.network), _HOUR, most)
    bound = _check_bound(service, context) if service else hour
    network = _PasswordRow(bound.scope, bound.key(), bound.window_at(context.now), most=bound.most, window=bound.window)
    return [mine, anywhere, network]


_HALF = 32  # hex digits: 128 bits tell names and places apart


def _name_key(name: str, service: str = "") -> str:
    # A folded name has no space before it, so the one with a service is nobody's.
    return crypto.digest("limit.password.name", f" {service} {name}" if service else name)[:_HALF]


def _count_passwords(rows: list[_PasswordRow], now: datetime) -> dict[tuple[str, str], int]:
    """Raise the counts in one statement, but for those that wait; gives the ones that were raised."""
    table, cast = "verification_counter", "" if connection.vendor == "sqlite" else "::timestamptz"
    over = _time(now - _HOUR)  # no wait, whichever host's clock asks; and the purge sees when it was tried last
    values, arguments, cases, waits = [], [], "", []
    for row in sorted(rows, key=lambda row: row.at):  # one order everywhere: nobody waits for each other's rows
        values.append("(%s, %s, %s, 1, %s)")
        arguments += [row.scope, row.key, _time(row.window_at), over if row.free is not None else None]
        if row.free is None:
            continue
        schedule = _schedule(now, row.free, conf.max_password_delay())
        steps = " ".join("WHEN %s THEN %s" for _ in schedule)
        cases += (
            f" WHEN {table}.scope = %s THEN (CASE WHEN {table}.count + 1 < %s THEN %s"
            f" ELSE (CASE {table}.count + 1 {steps} ELSE %s END) END)"
        )
        waits += [row.scope, row.free, over, *(part for count, until in schedule for part in (count, _time(until)))]
        waits.append(_time(now + conf.max_password_delay()))
    sql = f"""
        INSERT INTO {table} (scope, key, window_at, count, until_at) VALUES {", ".join(values)}
        ON CONFLICT (scope, key, window_at) DO UPDATE SET count = {table}.count + 1,
            until_at = (CASE{cases} ELSE NULL END){cast}
        WHERE {table}.until_at IS NULL OR {table}.until_at <= %s
        RETURNING scope, key, count
    """  # noqa: S608  (only placeholders are put in)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*arguments, *waits, _time(now)])
        return {(scope, key): count for scope, key, count in cursor.fetchall()}


def _take_passwords_back(rows: list[_PasswordRow], now: datetime) -> None:
    for row in rows:
        counters = Counter.objects.filter(scope=row.scope, key=row.key, window_at=row.window_at, count__gt=0)
        counters.update(count=F("count") - 1, until_at=now - _HOUR)


def password_right(name: str, context: Context, *, service: str = "") -> None:
    """Forget the wrong passwords of a name at this place, and give the network and the day this attempt back.

    One statement, as every sign-in runs it.
    """
    rows, over = _password_rows(name, context, service), _time(context.now - _HOUR)
    places = " OR ".join("c.scope = %s AND c.key = %s AND c.window_at = %s" for _ in rows)
    changes = """
        count = (CASE WHEN c.scope = %s THEN 0 ELSE c.count - 1 END),
        until_at = (CASE WHEN c.scope = %s OR c.scope = %s THEN %s ELSE c.until_at END)"""
    _change_rows(
        "verification_counter c",
        "c.scope, c.key",
        f"({places}) AND (c.scope = %s OR c.count > 0)",
        [*(part for row in rows for part in (row.scope, row.key, _time(row.window_at))), _HERE],
        changes,
        [_HERE, _HERE, _ANYWHERE, over],
    )


def forget_passwords(name: str) -> None:
    """Forget the wrong passwords of a name wherever they were typed: it was made sure who the person is."""
    key = _name_key(name)
    Counter.objects.filter(scope=_ANYWHERE, key=key).delete()
    Counter.objects.filter(scope=_HERE, key__gte=key, key__lt=f"{key}g").delete()  # the keys that begin so


def purge(now: datetime) -> int:
    """Remove counters whose window is long over."""
    old = Counter.objects.exclude(window_at=_EPOCH).filter(window_at__lt=now - 2 * _DAY)
    old = old.exclude(scope__startswith=SPENT, window_at__gte=now - _LONGEST)
    stale = Counter.objects.filter(window_at=_EPOCH, until_at__lt=now - _DAY)
    days = Failure.objects.filter(method__startswith=_DAYS, method__lt=_day(now - _LONGEST))
    return old.delete()[0] + stale.delete()[0] + days.delete()[0]
