"""Rate limits in fixed time windows: messages, cost, and requests per username or network."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import Case, Count, F, Q, QuerySet, Value, When

from verification import conf
from verification.browsers import known_browsers
from verification.context import Context, network_of
from verification.db import batched_writes
from verification.db.batched_writes import Rows
from verification.keys import crypto
from verification.limits import toll_fraud, unanswered_messages
from verification.limits.gates import (
    DAY,
    EPOCH,
    HOUR,
    KEY_LENGTH,
    MINUTE,
    OPEN,
    UNLIMITED,
    Condition,
    Gate,
    db_time,
    for_network,
    one_more,
)
from verification.limits.unanswered_messages import NOT_ARRIVED
from verification.models import ChallengeState, Counter, Message


def window_start(window: timedelta, now: datetime) -> datetime:
    """Return when the current window of this length began."""
    return now - (now - EPOCH) % window


@dataclass(frozen=True)
class WindowLimit:
    """At most `most` of something within a window. Each action adds `by` to the count.

    With `is_given_back` the count is undone if any limit refuses the action, so that refused requests use up nothing.
    """

    scope: str
    value: str
    window: timedelta
    most: int
    by: int = 1
    alarm_at: int | None = None
    is_given_back: bool = False

    def key(self) -> bytes:
        return crypto.mac(f"limit.{self.scope}", self.value)[:KEY_LENGTH]

    def window_at(self, now: datetime) -> datetime:
        return window_start(self.window, now)


def _by_key(limits: Iterable[WindowLimit]) -> dict[tuple[str, bytes], WindowLimit]:
    return {(limit.scope, limit.key()): limit for limit in limits}


class _Count:
    """One statement that raises all counters of an action, and what it says."""

    def __init__(self, limits: Iterable[WindowLimit], now: datetime) -> None:
        self._rows = _by_key(limits)
        self._now = now
        self._counts: Rows = []

    @property
    def is_run(self) -> bool:
        """Whether the counters were raised."""
        return bool(self._counts)

    def statement(self, only_if: str = "TRUE") -> Condition:
        """Return the statement, which raises all counters if a condition is true."""
        ordered = sorted(self._rows)  # all statements lock rows in the same order, so that none deadlock
        values = ", ".join("(%s, %s, %s, %s)" for _ in ordered)
        sql = f"""
            INSERT INTO verification_counter (scope, key, window_at, count)
            SELECT * FROM (VALUES {values}) AS counted WHERE {only_if}
            ON CONFLICT (scope, key, window_at) DO UPDATE
                SET count = {one_more("verification_counter.count", "excluded.count")}
            RETURNING scope, count
        """  # noqa: S608  (only placeholders are put in)
        each = (((scope, key), self._rows[scope, key]) for scope, key in ordered)
        return sql, [part for at, limit in each for part in (*at, db_time(limit.window_at(self._now)), limit.by)]

    def run(self) -> Gate:
        """Raise the counters, and return whether any is over its limit."""
        self._counts = batched_writes.run(*self.statement())
        return self.gate()

    def run_after(self, sql: str, values: Sequence[Any]) -> Rows:
        """Run a statement, and raise the counters if it returns rows. Return these. PostgreSQL gets both as one."""
        if connection.vendor == "sqlite":
            first = batched_writes.run(sql, values)
            self._counts = batched_writes.run(*self.statement()) if first else []
            return first
        counting, counted = self.statement(only_if="EXISTS (SELECT FROM first)")
        both = f"""
            WITH first AS ({sql}), counts AS ({counting})
            SELECT (SELECT jsonb_agg(first) FROM first) AS first, (SELECT jsonb_agg(counts) FROM counts) AS counts
        """  # noqa: S608  (only placeholders are put in)
        [found] = batched_writes.run(both, [*values, *counted])
        self._counts = json.loads(found["counts"] or "[]")
        return cast("Rows", json.loads(found["first"] or "[]"))

    def gate(self) -> Gate:
        """Return whether a counter is over its limit; if so, undo the counts that are given back."""
        limits = {limit.scope: limit for limit in self._rows.values()}
        passed = [(limits[row["scope"]], row["count"]) for row in self._counts]
        if over := [limit for limit, count in passed if count > limit.most]:
            _refund(self._rows, self._now)
            retry_at = max(limit.window_at(self._now) + limit.window for limit in over)
            return Gate(is_open=False, retry_at=retry_at, scope=over[0].scope)
        alarms = tuple(b.scope for b, n in passed if b.alarm_at is not None and n - b.by < b.alarm_at <= n)
        return Gate(is_open=True, alarms=alarms) if alarms else OPEN


def _count(limits: Iterable[WindowLimit], now: datetime) -> Gate:
    """Raise all counters in one statement, and return whether any is over its limit."""
    return _Count(limits, now).run()


def _refund(rows: Mapping[tuple[str, bytes], WindowLimit], now: datetime) -> None:
    for (scope, key), limit in rows.items():
        if limit.is_given_back:
            counters = Counter.objects.filter(scope=scope, key=key, window_at=limit.window_at(now))
            counters.filter(count__gte=limit.by).update(count=F("count") - limit.by)


UNANSWERED = "unanswered"  # the scope of too many messages in a row without a correct code
SPENT = "spend."  # prefix of the scopes that count cost


@dataclass(frozen=True)
class Sending:
    """A text or call, and what it counts as.

    Shape: `prompt` is its kind if it counts as unanswered until its code is entered; `prefix` is the range abroad,
    empty at home; with `is_trial` it is blocked and gets a few messages; `spending` as `toll_fraud.spending_limits`
    returns it. Units: `cost` as theirs.
    """

    user_id: int
    address: str
    context: Context
    _: KW_ONLY
    prompt: str = ""
    prefix: str = ""
    is_trial: bool = False
    cost: int = 0
    spending: Iterable[toll_fraud.SpendingWindow] = ()


def spend_send(sending: Sending) -> Gate:
    """Count one text or call against the limits of its person, number, range, network and organisation, and its cost.

    If too many are unanswered, `scope` is `UNANSWERED` and nothing else is counted.

    Call it before the action's transaction: all requests share the organisation's row, and locking it until commit
    would make all sign-ins wait for each other. A crash in between counts one message too many, which is harmless.
    """
    limits, now = _send_limits(sending), sending.context.now
    gate = _count_send(sending.user_id, sending.prompt, limits, now)
    if gate.scope == _NETWORK and _refund_network(sending.context):
        return _count(limits, now)
    return gate


def refund_send(sending: Sending) -> None:
    """Undo what `spend_send` counted, because the message was not sent after all."""
    now = sending.context.now
    if sending.prompt:
        unanswered_messages.refund_prompt(sending.user_id, sending.prompt, now=now)
    _refund(_by_key(_send_limits(sending)), now)


def _send_limits(sending: Sending) -> list[WindowLimit]:
    number = sending.address
    return [
        WindowLimit("send.person", str(sending.user_id), HOUR, conf.sends_per_person_hour(), is_given_back=True),
        WindowLimit("send.number", number, HOUR, conf.sends_per_number_hour(), is_given_back=True),
        WindowLimit("send.number_day", number, DAY, conf.sends_per_number_day(), is_given_back=True),
        _network_limit(sending.context),
        WindowLimit("send.site", "", HOUR, conf.sends_per_site_hour(), is_given_back=True),
        *(_range_limits(sending.prefix, is_trial=sending.is_trial) if sending.prefix else ()),
        *spending_limits(sending.spending, sending.cost),
    ]


def spending_limits(spending: Iterable[toll_fraud.SpendingWindow], cost: int) -> list[WindowLimit]:
    """Return spending limits as they are counted for a message of this cost."""
    return [
        WindowLimit(
            f"{SPENT}{limit.span}",
            "",
            limit.window,
            _most_spent(limit.stop_at),
            by=cost,
            alarm_at=limit.alarm_at,
            is_given_back=True,
        )
        for limit in spending
    ]


def _most_spent(stop_at: int | None) -> int:
    """Return where spending stops. An amount that no count can pass would limit nothing, so the highest count does."""
    return UNLIMITED if stop_at is None else min(stop_at, UNLIMITED - 1)


def _count_send(user_id: int, prompt: str, limits: Iterable[WindowLimit], now: datetime) -> Gate:
    count = _Count(limits, now)
    if not prompt:
        return count.run()
    asked = unanswered_messages.spend_prompt(user_id, prompt, now=now, run=count.run_after)
    if not asked.is_open:
        return replace(asked, scope=UNANSWERED)
    return count.gate() if count.is_run else count.run()


_NETWORK, _GIVEN = "send.network", "given.network"


def _network_limit(context: Context) -> WindowLimit:
    most = for_network(conf.sends_per_network_hour(), context.network)
    return WindowLimit(_NETWORK, network_of(context.network), HOUR, most, is_given_back=True)


def _refund_network(context: Context) -> bool:
    """Undo a network's count of messages whose code was entered or that never arrived. Return False if there are none.

    This runs when the limit is reached, and not with each correct code, which would cost every sign-in a statement.
    """
    limit = _network_limit(context)
    start = limit.window_at(context.now)
    settled = Q(challenge__state=ChallengeState.PROVEN) | Q(state__in=NOT_ARRIVED)
    sent = Message.objects.filter(settled, created_at__gte=start, challenge__isnull=False)
    places = sent.values_list("challenge__network").annotate(n=Count("pk"))
    here = network_of(context.network)
    n_settled = sum(n for network, n in places if network_of(network) == here)
    rows = Counter.objects.filter(key=limit.key(), window_at=start)
    with transaction.atomic():
        given, _ = rows.get_or_create(
            scope=_GIVEN, key=limit.key(), window_at=start, defaults={"count": 0, "until_at": None}
        )
        # Of many requests that reach the limit at the same time, one undoes the counts.
        if n_settled <= given.count:
            return False
        if not rows.filter(scope=_GIVEN, count=given.count).update(count=n_settled):
            return True
        more = n_settled - given.count
        rows.filter(scope=_NETWORK, count__gte=more).update(count=F("count") - more)
    return True


TRIAL = "send.trial"


def _range_limits(prefix: str, *, is_trial: bool) -> list[WindowLimit]:
    return [
        WindowLimit("send.range", prefix, HOUR, conf.sends_per_range_hour(), is_given_back=True),
        WindowLimit("send.range_day", prefix, DAY, conf.sends_per_range_day(), is_given_back=True),
        *(
            [WindowLimit(TRIAL, prefix, 5 * MINUTE, toll_fraud.MAX_TRIAL_MESSAGES, is_given_back=True)]
            if is_trial
            else []
        ),
    ]


def spend_request(what: str, *, name: str, context: Context) -> Gate:
    """Count a request that sends something to a person, such as a password reset, per username and per network."""
    most = for_network(conf.password_resets_per_network_hour(), context.network)
    limits = [
        WindowLimit(f"{what}.name", name, HOUR, conf.password_resets_per_name_hour()),
        WindowLimit(f"{what}.network", network_of(context.network), HOUR, most),
    ]
    return _count(limits, context.now)


def spend_passwordless(context: Context, *, name: str) -> bool:
    """Count an answer with the passkey of the person of this name. Return False if the place had its limit."""
    return _count([_passwordless_limit(context, name)], context.now).is_open


def refund_passwordless(context: Context, *, name: str) -> None:
    """Undo the count of an answer that was correct."""
    _refund(_by_key([_passwordless_limit(context, name)]), context.now)


def _passwordless_limit(context: Context, name: str) -> WindowLimit:
    """Return the limit of a network, or of a known browser: a neighbour must not use up the hour of an office."""
    most = conf.password_failures_per_network_hour()
    if device := known_browsers.known(context.device, name):
        return WindowLimit("passwordless.device", device, HOUR, most, is_given_back=True)
    most = for_network(most, context.network)
    return WindowLimit("passwordless.network", network_of(context.network), HOUR, most, is_given_back=True)


def spend_notice(address: str, *, now: datetime) -> bool:
    """Count a notice texted to a number. Return False if the number had its limit for the day."""
    return _count([WindowLimit("notice.number", address, DAY, conf.notices_per_number_day())], now).is_open


def spend_action(staff_id: int, *, most: int, context: Context) -> Gate:
    """Count a support action against the daily limit of a member of staff."""
    return _count([_action_limit(staff_id, most)], context.now)


def refund_action(staff_id: int, *, context: Context) -> None:
    """Undo the count of a support action that changed nothing."""
    _refund(_by_key([_action_limit(staff_id, UNLIMITED)]), context.now)


def _action_limit(staff_id: int, most: int) -> WindowLimit:
    return WindowLimit("support.staff", str(staff_id), DAY, most, is_given_back=True)


def spend_once(what: str, key: str, *, until: datetime) -> bool:
    """Use up something that works once. Return False if it is used up, even by a request at the same instant."""
    return _count([WindowLimit(what, key, DAY, 1)], until).is_open


def is_spent(what: str, key: str, *, until: datetime) -> bool:
    """Return whether something that works once is used up. Counts nothing."""
    limit = WindowLimit(what, key, DAY, 1)
    return Counter.objects.filter(scope=what, key=limit.key(), window_at=limit.window_at(until), count__gt=0).exists()


def spend_guess(what: str, name: str, *, most: int, window: timedelta, now: datetime) -> Gate:
    """Count a guess at a password that another system checks, right before that system is asked.

    Active Directory forgets failures only after a `window` without any. So does this, or a slow attacker could lock an
    account with one guess now and then. A guess that is refused here doesn't prolong it.
    Source: MS-SAMR, 3.1.1.8.2 and 3.1.5.14.7, with the LockoutObservationWindow.
    """
    rows = _guesses(what, name)
    is_over, values = Q(until_at__lte=now), {"until_at": now + window}
    one_more = Case(When(is_over, then=Value(1)), default=F("count") + 1)
    if rows.filter(is_over | Q(count__lt=most)).update(count=one_more, **values):
        return OPEN
    found = rows.values_list("until_at", flat=True).first()
    if found is not None:
        return Gate(is_open=False, retry_at=found)
    first = Counter(scope=what, key=_guesses_key(what, name), window_at=EPOCH, count=0, until_at=now)
    Counter.objects.bulk_create([first], ignore_conflicts=True)  # of two at the same instant, one finds the other's
    return spend_guess(what, name, most=most, window=window, now=now)


def may_guess(what: str, name: str, *, most: int, now: datetime) -> bool:
    """Return whether `spend_guess` would allow a guess now. Nothing is counted."""
    return not _guesses(what, name).filter(count__gte=most, until_at__gt=now).exists()


def forget_guesses(what: str, name: str, *, only_last: bool = False) -> None:
    """Reset the count of guesses, or undo the last one, because the password was correct."""
    rows = _guesses(what, name).filter(count__gt=0)
    rows.update(count=F("count") - 1 if only_last else 0)


def _guesses(what: str, name: str) -> QuerySet[Counter]:
    return Counter.objects.filter(scope=what, key=_guesses_key(what, name), window_at=EPOCH)


def _guesses_key(what: str, name: str) -> bytes:
    return crypto.mac(f"limit.{what}", name)[:KEY_LENGTH]


def spend_check(service: str, context: Context) -> Gate:
    """Count a password check through a service against its network, which stops floods and locks nobody."""
    return _count([check_limit(service, context)], context.now)


def spend_incorrect_secret(kind: str, context: Context) -> Gate:
    """Count an incorrect secret of a program against its network. Its kind, such as `scim`, is no slug of a service."""
    return _count([check_limit(f"secret:{kind}", context)], context.now)


def check_limit(service: str, context: Context) -> WindowLimit:
    where = f"{service} {network_of(context.network)}"
    most = for_network(conf.app_password_failures_per_network_minute(), context.network)
    return WindowLimit("check.network", where, MINUTE, most)


def spend_client(client: str, *, most: int, context: Context) -> Gate:
    """Count a request of an application's program. Call it before the request's transaction."""
    return _count([WindowLimit("client", client, MINUTE, most)], context.now)
