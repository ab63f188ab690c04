"""The message of a challenge: whether it may be sent, and adding it to the outbox."""

from typing import Any

from django.db import transaction

from verification import audit, enrolments, limits, method_registry, notices
from verification.audit import verification_audit_events
from verification.challenges import attempts, challenge_data_given_to_methods
from verification.context import Context
from verification.delivery import outbox
from verification.enrolments import EnrolmentLimits
from verification.limits import blocked_ranges, countries_and_prices, may_number_get_messages, opt_outs, spending_limits
from verification.method_base import Method
from verification.models import Challenge, Channel, Enrolment, Purpose
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict


def refusal(
    enrolment: Enrolment, *, user: Person, context: Context, purpose: Purpose, known: EnrolmentLimits | None = None
) -> Outcome | None:
    """Return why a challenge must not start: its method is locked or delayed, or no more messages may be sent."""
    method = method_registry.method(enrolment.method)
    if (delayed := delay(method, user=user, context=context, purpose=purpose, known=known)) or not method.kind:
        return delayed
    return _refused_sending(enrolment, user=user, context=context, purpose=purpose, known=known)


def delay(
    method: Method, *, user: Person, context: Context, purpose: Purpose, known: EnrolmentLimits | None = None
) -> Outcome | None:
    """Return why an answer would not be checked now: the method is locked, or delayed after incorrect codes.

    Setups, callers and self-tests wait after incorrect answers of their own kind only. A locked method can't be
    self-tested, but it can be set up again.
    """
    is_locked, retry_at = False, None
    if known is not None:
        is_locked, retry_at = known.is_locked, known.retry_at
    elif purpose != Purpose.ENROL:
        gate = limits.gate(user.pk, method.name, now=context.now, is_counted=method.is_counted)
        is_locked, retry_at = gate.is_locked, gate.retry_at
    if purpose in attempts.SEPARATE_COUNTERS:
        own = limits.gate(user.pk, attempts.counter(method.name, purpose), now=context.now)
        is_locked, retry_at = is_locked or own.is_locked, own.retry_at
    if is_locked:
        return Outcome(verdict=Verdict.OFF, method=method.name)
    if retry_at and retry_at > context.now:
        return Outcome(verdict=Verdict.WAIT, method=method.name, retry_at=retry_at)
    return None


def _refused_sending(
    enrolment: Enrolment, *, user: Person, context: Context, purpose: Purpose, known: EnrolmentLimits | None
) -> Outcome | None:
    """Count a message against the limits, and return why it must not be sent, if so."""
    method, kind, address = enrolment.method, method_registry.method(enrolment.method).kind, enrolment.address
    about: dict[str, Any] = {"user_id": user.pk, "context": context, "method": method}
    if enrolment.pk is not None:  # a setup that is refused is not stored
        about["enrolment"] = enrolment.ref
    is_opted_out = known.is_opted_out if known else kind == Channel.TEXT and opt_outs.has_stopped(address)
    if verdict := may_number_get_messages.refusal(kind, address, now=context.now, is_opted_out=is_opted_out):
        audit.record(verification_audit_events.MESSAGE_REFUSED, why=str(verdict), **about)
        until = blocked_ranges.paused_until(address, now=context.now) if verdict is Verdict.PAUSED else None
        return Outcome(verdict=verdict, method=method, retry_at=until)
    gate = limits.spend_send(_counted(enrolment, kind, user=user, purpose=purpose, context=context))
    if gate.scope == limits.UNANSWERED:
        _notify_of_unanswered(enrolment, kind, gate, user=user, context=context)
        audit.record(verification_audit_events.MESSAGE_UNANSWERED, **about)
        return Outcome(verdict=Verdict.UNANSWERED, method=method, retry_at=gate.retry_at)
    if gate.alarms or not gate.is_open:
        notices.notify_of_cost(gate, context=context)
    if gate.is_open:
        return None
    if purpose != Purpose.SELF_TEST:
        limits.refund_prompt(user.pk, kind, now=context.now)
    audit.record(verification_audit_events.MESSAGE_LIMITED, scope=gate.scope, **about)
    verdict = Verdict.PAUSED if gate.scope.startswith((limits.SPENT, limits.TRIAL)) else Verdict.LIMITED
    return Outcome(verdict=verdict, method=method, retry_at=gate.retry_at)


def _counted(enrolment: Enrolment, kind: str, *, user: Person, purpose: Purpose, context: Context) -> limits.Sending:
    """Return what a message counts as."""
    address = enrolment.address
    return limits.Sending(
        user.pk,
        address,
        context,
        prompt="" if purpose == Purpose.SELF_TEST else kind,
        prefix=blocked_ranges.foreign_range(kind, address),
        is_trial=blocked_ranges.is_on_trial(kind, address, now=context.now),
        cost=countries_and_prices.cost(kind, address),
        spending=spending_limits.in_force() if countries_and_prices.costs(kind) else (),
    )


def uncount(enrolment: Enrolment, *, user: Person, purpose: Purpose, context: Context) -> None:
    """Undo what `refusal` counted, because another request of the session was first and nothing was sent."""
    if kind := method_registry.method(enrolment.method).kind:
        limits.refund_send(_counted(enrolment, kind, user=user, purpose=purpose, context=context))


def _notify_of_unanswered(
    enrolment: Enrolment, kind: str, gate: limits.Gate, *, user: Person, context: Context
) -> None:
    """Notify a person once that too many messages in a row were not answered.

    Someone who knows the password could otherwise call a person until they give in.
    """
    with transaction.atomic():
        if limits.claim_unanswered_notice(user.pk, kind, now=context.now):
            notices.notify(
                user,
                "too_many_unanswered_messages",
                now=context.now,
                context=context,
                label=enrolments.label(enrolment),
                n=str(gate.n_failures),
                until_at=gate.retry_at.isoformat() if gate.retry_at else "",
            )


def send(challenge: Challenge, context: Context) -> None:
    """Add the message of a challenge to the outbox, if its method sends one."""
    issue = method_registry.method(challenge.enrolment.method).issue(
        challenge_data_given_to_methods.of_challenge(challenge, now=context.now)
    )
    if issue.kind:
        outbox.add(challenge, kind=issue.kind, template=issue.template, fields=issue.fields, now=context.now)
