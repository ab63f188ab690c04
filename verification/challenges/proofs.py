"""Correct answers: finish the challenge once, and confirm an enrolment that was being set up."""

from datetime import datetime

from django.db import transaction

from verification import audit, browsers, enrolments, notices, registry
from verification.audit import events
from verification.capabilities import Temporary
from verification.challenges import attempts, closing, queries
from verification.context import Context
from verification.db.compiled_queries import BindParam, Update
from verification.method import Check, Draft
from verification.models import Challenge, Purpose, State
from verification.outcomes import Outcome, Verdict

_ROW, _GENERATION, _STATE = BindParam("pk"), BindParam("generation"), BindParam("state")
_SPEND = Update(
    lambda: (
        Challenge.objects.filter(pk=_ROW, state=State.OPEN, generation=_GENERATION),
        {"state": _STATE, "ended_at": BindParam("ended_at")},
    )
)


def prove(challenge: Challenge, check: Check, context: Context, *, by_phone: bool = False) -> Outcome:
    """Finish a challenge that was answered correctly, and do what its purpose requires. Works once.

    If it was approved `by_phone`, it waits for the page to collect it.
    """
    with transaction.atomic():
        if challenge.purpose == Purpose.ENROL:
            enrolments.lock_person(challenge.user)  # before their failures, in the order that all code uses
        if challenge.purpose == Purpose.ENROL and not enrolments.take_from_stock(challenge.enrolment):
            attempts.give_back(challenge, context)
            return queries.outcome(challenge, Verdict.GONE)
        if not _spend(challenge, check, context.now):
            attempts.give_back(challenge, context)
            audit.record(
                events.CHALLENGE_REPEATED, user_id=challenge.user.pk, context=context, **queries.audit_detail(challenge)
            )
            return queries.outcome(challenge, Verdict.USED, tries_left=challenge.tries_left + 1)
        state = State.APPROVED if by_phone else State.PROVEN
        ended_at = None if by_phone else context.now
        if not _SPEND.run(pk=challenge.pk, generation=challenge.generation, state=state, ended_at=ended_at):
            attempts.give_back(challenge, context)
            return closing.why_closed(challenge, context.now)
        attempts.forget_failures(challenge, context)
        if check.single_use_code is not None:
            _after_single_use_code(challenge, context)
        if challenge.purpose == Purpose.ENROL and not by_phone:
            _confirm(challenge, context, draft=check.draft)
        kind = events.CHALLENGE_APPROVED if by_phone else events.CHALLENGE_PROVEN
        audit.record(kind, user_id=challenge.user.pk, context=context, **queries.audit_detail(challenge))
    return queries.outcome(challenge, Verdict.PENDING if by_phone else Verdict.PROVEN)


def collect(handle: str, *, binding: str, context: Context) -> Outcome:
    """Finish a challenge that was approved on the phone. Works once."""
    challenge = queries.load(handle, binding)
    if challenge is None:
        return Outcome(verdict=Verdict.GONE)
    approved = Challenge.objects.filter(pk=challenge.pk, state=State.APPROVED, expires_at__gt=context.now)
    with transaction.atomic():
        if challenge.purpose == Purpose.ENROL:
            enrolments.lock_person(challenge.user)
        if approved.update(state=State.PROVEN, ended_at=context.now):
            if challenge.purpose == Purpose.ENROL:
                _confirm(challenge, context)
            audit.record(
                events.CHALLENGE_PROVEN, user_id=challenge.user.pk, context=context, **queries.audit_detail(challenge)
            )
            return queries.outcome(challenge, Verdict.PROVEN)
    if challenge.state == State.OPEN and challenge.expires_at > context.now and challenge.tries_left > 0:
        return queries.outcome(challenge, Verdict.PENDING, tries_left=challenge.tries_left)
    return closing.why_closed(challenge, context.now)


def _spend(challenge: Challenge, check: Check, now: datetime) -> bool:
    if check.single_use_code is not None and not enrolments.spend_single_use_code(check.single_use_code, now=now):
        return False
    return enrolments.mark_used(challenge.enrolment, counter=check.counter, now=now, learned=check.learned)


def _after_single_use_code(challenge: Challenge, context: Context) -> None:
    """End a single-use pass. After a recovery code, notify the person how many are left."""
    if registry.has(challenge.enrolment.method, Temporary):
        enrolments.end_validity(challenge.enrolment.pk, now=context.now)
    elif challenge.purpose in {Purpose.SIGN_IN, Purpose.FRESH}:
        left = enrolments.recovery_codes_left(challenge.user.pk)
        notices.tell(challenge.user, "codes_used", now=context.now, context=context, left=str(left))


def _confirm(challenge: Challenge, context: Context, *, draft: Draft | None = None) -> None:
    if enrolments.confirm(challenge.enrolment, now=context.now, draft=draft):
        browsers.forget(challenge.user)
        audit.record(
            events.ENROLMENT_CONFIRMED, user_id=challenge.user.pk, context=context, **queries.audit_detail(challenge)
        )
        queries.tell_owner(challenge, "method_added", context)
