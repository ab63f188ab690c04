"""Alerts for operators, by email: spending limits, blocked ranges, failing providers, damaged values."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from verification import audit, limits
from verification.audit import verification_audit_events
from verification.context import Context
from verification.delivery import outbox
from verification.delivery.routing import circuit_breaker, routes
from verification.limits import blocked_ranges, countries_and_prices, spending_limits
from verification.models import BlockedRange, Channel, CircuitState
from verification.notices.notice_lifetime import NOTICE_LIFE
from verification.notices.template_path import template_path

_MAX_EVENTS_NAMED = 200
_ONE_DAY = timedelta(days=1)


def notify_of_cost(gate: limits.Gate, *, context: Context) -> None:
    """Notify operators of the spending limits that a request reached: of an alarm once, of a stop once a day."""
    for limit in spending_limits.in_force():
        scope = f"{limits.SPENT}{limit.span}"
        if scope in gate.alarms:
            _notify_of_alarm(limit, scope, context)
        if scope == gate.scope:
            with transaction.atomic():  # or a crash in between would leave them without the notice
                if limits.spend_once(f"told.{scope}", str(gate.retry_at), until=context.now):
                    notify_operators("spending_limit_reached", now=context.now, **_about(limit))


def notify_of_missed_alarms(now: datetime) -> None:
    """Notify operators of alarms whose notice is missing, because the request that reached the alarm crashed."""
    for limit in spending_limits.in_force():
        if limit.alarm_at and limits.spent(limit.span, limit.window, now=now) >= limit.alarm_at:
            _notify_of_alarm(limit, f"{limits.SPENT}{limit.span}", Context(now=now))


def _notify_of_alarm(limit: spending_limits.SpendingWindow, scope: str, context: Context) -> None:
    """Notify operators of an alarm, unless they were notified in this window."""
    ends_at = limits.window_start(limit.window, context.now) + limit.window
    with transaction.atomic():
        if limits.spend_once(f"alarm.{scope}", f"{ends_at} {limit.alarm_at}", until=ends_at):
            audit.record(verification_audit_events.SPEND_ALARMED, user_id=None, context=context, scope=scope)
            notify_operators("spending_alarm", now=context.now, **_about(limit))


def notify_of_blocked_ranges(blocked: Iterable[BlockedRange], *, now: datetime) -> None:
    """Notify operators of newly blocked ranges, and of warnings about ranges in the organisation's own country."""
    for each in blocked:
        notice = "few_codes_entered_in_own_country" if each.is_warning else "number_range_blocked"
        said = {"range": each.range, "n_sent": str(each.n_sent), "n_proven": str(each.n_proven)}
        said["trial_minutes"] = _minutes(blocked_ranges.TRIAL_INTERVAL)
        notify_operators(notice, now=now, until_at=each.ends_at.isoformat(), **said)


def notify_of_damage(now: datetime) -> int:
    """Notify operators once a day of encrypted values that couldn't be read. Return how many there were."""
    found = audit.since(now - _ONE_DAY, of=(verification_audit_events.SEALED_VALUE_DAMAGED,))
    n = found.count()
    if not n:
        return 0
    what = ", ".join(sorted({event.detail["what"] for event in found[:_MAX_EVENTS_NAMED]}))
    with transaction.atomic():
        if not limits.spend_once("told.damaged", "", until=now):
            return 0
        notify_operators("sealed_value_damaged", now=now, right="change_route", n=str(n), what=what)
    return n


def notify_of_circuits(now: datetime) -> None:
    """Notify operators of providers that are bypassed because they fail, and of those that work again."""
    with transaction.atomic():
        for circuit in circuit_breaker.pending_notices(now):
            others = ", ".join(name for name in routes.able(Channel(circuit.kind)) if name != circuit.provider)
            cause = routes.explained(circuit.provider, circuit.code).strip()
            said = {"provider": circuit.provider, "kind": circuit.kind, "why": circuit.why, "cause": cause}
            said |= {"others": others, "minutes": _minutes(circuit_breaker.MIN_UPTIME)}
            notice = "provider_in_use_again" if circuit.state == CircuitState.CLOSED else "provider_bypassed"
            notify_operators(notice, now=now, right="change_route", **said)


def _about(limit: spending_limits.SpendingWindow) -> dict[str, str]:
    alarm, stop = (
        f"{at / countries_and_prices.UNIT:.2f}" if at is not None else "" for at in (limit.alarm_at, limit.stop_at)
    )
    return {"span": str(limit.span), "days": str(limit.window.days), "alarm": alarm, "stop": stop}


def _minutes(span: timedelta) -> str:
    return str(span // timedelta(minutes=1))


def notify_operators(kind: str, /, *, now: datetime, right: str = "change_spendinglimit", **values: str) -> None:
    """Notify everyone who has the permission to act on it."""
    may = Q(groups__permissions__codename=right) | Q(user_permissions__codename=right) | Q(is_superuser=True)
    for person in get_user_model().objects.filter(may, is_active=True).exclude(email="").distinct():
        outbox.notice(
            person,
            person.email,
            template=template_path("to_operators", kind),
            context=values,
            now=now,
            until=now + NOTICE_LIFE,
        )
