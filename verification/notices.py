"""Notices: emails, and texts where policy says so, that tell people what happened to their account. Without secrets."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from verification import audit, conf, limits, registry
from verification.audit import UserEvent, events
from verification.context import Context
from verification.db import row_locks
from verification.delivery import outbox
from verification.delivery.routing import circuit_breaker, routes
from verification.limits import toll_fraud
from verification.models import BlockedRange, Browser, CircuitState, Enrolment, Kind
from verification.models.person import Person
from verification.models.policies import TEXT_NOTICES, strongest

_BATCH = 200
_ONE_DAY = timedelta(days=1)


def tell(
    user: Person,
    kind: str,
    *,
    now: datetime,
    context: Context | None = None,
    until: datetime | None = None,
    **values: str,
) -> None:
    """Notify a person. Call it in the transaction of what happened. `kind` names a template of `verification/notices`.

    With `context` the notice names the time, the browser and the network from which it was done.
    After `until` the notice would be of no use and isn't sent.
    """
    _tell(user, _template(kind), now=now, context=context, until=until, values=values)


def _tell(
    user: Person,
    template: str,
    *,
    now: datetime,
    context: Context | None,
    until: datetime | None,
    values: dict[str, str],
) -> None:
    if context is not None:
        values |= circumstances(context)
    if user.email:
        outbox.notice(user, user.email, template=template, context=values, now=now, until=until)
    if "link" not in values:  # anyone who holds the phone must not get a link that was meant for the mailbox
        _text(user, template, now=now, until=until, values=values)


def tell_event(user: Person, event: UserEvent, *, now: datetime, context: Context | None = None, **values: str) -> None:
    """Notify a person with the notice that an event declares. Its text can use the `values`.

    Errors: `LookupError` if the event declares no notice.
    """
    if event.notice is None:
        raise LookupError(event.kind)
    _tell(user, event.notice.template, now=now, context=context, until=None, values=values | {"event": event.kind})


def circumstances(context: Context) -> dict[str, str]:
    """Return when and from where something was done, for a template to format in the reader's language."""
    return {"at": context.now.isoformat(), "agent": context.agent, "network": context.network}


def _text(user: Person, template: str, *, now: datetime, until: datetime | None, values: dict[str, str]) -> None:
    """Text a notice to the person's verified numbers, if their policy says so."""
    policy = strongest(user.pk, "text_notices").first()
    if not (TEXT_NOTICES if policy is None else policy.text_notices):
        return
    values = {**values, "notice": template}
    takes_texts = [method.name for method in registry.sending(Kind.TEXT)]
    for phone in Enrolment.objects.filter(user=user, method__in=takes_texts, confirmed=True):
        if not phone.opens or not limits.spend_notice(phone.address, now=now):
            continue
        outbox.notice(
            user,
            phone.address,
            template=_template("by_text"),
            context=values,
            now=now,
            until=until,
            kind=Kind.TEXT,
            hint=phone.hint,
        )


def tell_of_browsers(now: datetime) -> int:
    """Notify people of newly remembered browsers. Runs in a task, so that the sign-in needn't wait. Return how many."""
    told = 0
    for browser in Browser.objects.filter(told_at=None).select_related("user")[:_BATCH]:
        with transaction.atomic():
            row_locks.lock_person(browser.user_id)
            if Browser.objects.filter(pk=browser.pk, told_at=None).update(told_at=now):
                made = Context(now=browser.made_at, network=browser.network, agent=browser.agent)
                tell(browser.user, "browser_remembered", now=now, context=made, ends=browser.ends_at.isoformat())
                told += 1
    return told


def tell_of_copies(now: datetime) -> int:
    """Notify people whose remembered browser was copied, and delete its row. Return how many."""
    told = 0
    for browser in Browser.objects.exclude(copied_at=None).select_related("user")[:_BATCH]:
        with transaction.atomic():
            row_locks.lock_person(browser.user_id)
            if Browser.objects.filter(pk=browser.pk).delete()[0]:
                seen = Context(now=browser.copied_at or now, network=browser.network, agent=browser.agent)
                tell(browser.user, "browser_copied", now=now, context=seen)
                told += 1
    return told


def alert(user: Person, kind: str, *, now: datetime, **values: str) -> None:
    """Notify the support desk about a person."""
    if address := conf.support_email():
        values |= {"person": user.get_username()}
        outbox.notice(user, address, template=_template(kind), context=values, now=now)


def tell_of_cost(gate: limits.Gate, *, context: Context) -> None:
    """Notify operators of the spending limits that a request reached: of an alarm each time, of a stop once a day."""
    for limit in toll_fraud.spending_limits():
        scope = f"{limits.SPENT}{limit.span}"
        if scope in gate.alarms:
            audit.record(events.SPEND_ALARMED, user_id=None, context=context, scope=scope)
            tell_operators("spend_alarm", now=context.now, **_about(limit))
        if scope == gate.scope and limits.spend_once(f"told.{scope}", str(gate.retry_at), until=context.now):
            tell_operators("spend_stop", now=context.now, **_about(limit))


def tell_of_blocked_ranges(blocked: Iterable[BlockedRange], *, now: datetime) -> None:
    """Notify operators of newly blocked ranges, and of warnings about ranges in the organisation's own country."""
    for each in blocked:
        notice = "range_warned" if each.is_warning else "range_paused"
        said = {"range": each.range, "n_sent": str(each.n_sent), "n_proven": str(each.n_proven)}
        tell_operators(notice, now=now, until_at=each.ends_at.isoformat(), **said)


def tell_of_damage(now: datetime) -> int:
    """Notify operators once a day of encrypted values that couldn't be read. Return how many there were."""
    found = audit.since(now - _ONE_DAY, of=(events.SEALED_VALUE_DAMAGED,))
    n = found.count()
    if not n or not limits.spend_once("told.damaged", "", until=now):
        return 0
    what = ", ".join(sorted({event.detail["what"] for event in found[:_BATCH]}))
    tell_operators("sealed_value_damaged", now=now, right="change_route", n=str(n), what=what)
    return n


def tell_of_circuits(now: datetime) -> None:
    """Notify operators of providers that are skipped because they fail, and of those that work again."""
    with transaction.atomic():
        for circuit in circuit_breaker.news(now):
            others = ", ".join(name for name in routes.able(Kind(circuit.kind)) if name != circuit.provider)
            cause = routes.explained(circuit.provider, circuit.code).strip()
            said = {"provider": circuit.provider, "kind": circuit.kind, "why": circuit.why, "cause": cause}
            said["others"] = others
            notice = "provider_back" if circuit.state == CircuitState.CLOSED else "provider_passed_over"
            tell_operators(notice, now=now, right="change_route", **said)


def _about(limit: toll_fraud.SpendingWindow) -> dict[str, str]:
    alarm, stop = (f"{at / toll_fraud.UNIT:.2f}" if at is not None else "" for at in (limit.alarm_at, limit.stop_at))
    return {"span": str(limit.span), "alarm": alarm, "stop": stop}


def tell_operators(kind: str, /, *, now: datetime, right: str = "change_spendinglimit", **values: str) -> None:
    """Notify everyone who has the permission to act on it."""
    may = Q(groups__permissions__codename=right) | Q(user_permissions__codename=right) | Q(is_superuser=True)
    for person in get_user_model().objects.filter(may, is_active=True).exclude(email="").distinct():
        outbox.notice(person, person.email, template=_template(kind), context=values, now=now)


class Writer(StrEnum):
    """How far someone who writes to the support desk was verified."""

    SIGNED_IN = "signed_in"
    HALF = "half"
    NOBODY = "nobody"


def tell_support(user: Person, address: str, text: str, *, now: datetime, how: Writer = Writer.SIGNED_IN) -> None:
    """Forward a person's message to the support desk, with how far they were verified."""
    said = {"person": user.get_username(), "name": user.get_full_name(), "mail": user.email, "words": text, "how": how}
    outbox.notice(user, address, template=_template("to_support"), context=said, now=now)


def pass_on(address: str, text: str, *, name: str, contact: str, now: datetime) -> None:
    """Forward a message of someone who isn't signed in to the support desk, marked as unverified."""
    said = {"person": name, "name": name, "mail": contact, "words": text, "how": Writer.NOBODY}
    outbox.notice(None, address, template=_template("to_support"), context=said, now=now)


def _template(kind: str) -> str:
    return f"verification/notices/{kind}.txt"
