"""Correct answers: finish the challenge once, and confirm an enrolment that was being set up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from verification import audit, browsers, enrolments, method_registry, notices
from verification.audit import Event, verification_audit_events
from verification.challenges import attempts, ending, loading_and_session_binding
from verification.context import Context
from verification.db import batched_writes
from verification.db.batched_writes import Rows
from verification.db.compiled_queries import BindParam, Update
from verification.method_base import Check, Draft
from verification.method_capabilities import KeyedOnPhone, Temporary
from verification.models import Challenge, ChallengeState, Enrolment, Purpose
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict, VerdictText

_ROW, _GENERATION, _STATE = BindParam("pk"), BindParam("generation"), BindParam("state")
_SPEND = Update(
    lambda: (
        Challenge.objects.filter(pk=_ROW, state=ChallengeState.OPEN, generation=_GENERATION),
        {"state": _STATE, "ended_at": BindParam("ended_at")},
    )
)


@dataclass(frozen=True)
class Alongside:
    """What a caller writes in the transaction of a proof, so that both happen or neither does.

    `first` writes to the person's row, which is locked before all others. `then` does what the proof was for; it
    returns whether it recorded the proof in an audit event of its own. Its writes may be in one statement with those
    of the proof, so it may run before a code turns out to be used already. Then nothing was written, and `undo` takes
    back what `then` did outside the database. Either may raise `NotProven`.
    """

    first: Callable[[Person, Enrolment], None]
    then: Callable[[Outcome], bool]
    undo: Callable[[], None]


class NotProven(Exception):
    """The code was used, or the challenge ended, at the same time. Nothing is written."""


def prove(
    challenge: Challenge,
    check: Check,
    context: Context,
    *,
    by_phone: bool = False,
    alongside: Alongside | None = None,
) -> Outcome:
    """Finish a challenge that was answered correctly, and do what its purpose requires. Works once.

    If it was approved `by_phone`, it waits for the page to collect it. A method that is set up stays, whatever follows.
    Otherwise the code is used up together with what it is for. If a sign-in fails, its recovery code still works.
    """
    if by_phone or challenge.purpose == Purpose.ENROL:
        return _after(_prove_in_steps(challenge, check, context, by_phone=by_phone), alongside)
    if check.single_use_code is not None:
        with transaction.atomic():
            enrolments.lock_person(challenge.user)  # what is written alongside changes the person after other rows
            return _after(_prove_in_steps(challenge, check, context, by_phone=by_phone), alongside)
    try:
        return _prove_at_once(challenge, check, context, alongside)
    except NotProven:
        if alongside is not None:
            alongside.undo()
        return _too_late(challenge, check, context)


def _prove_at_once(challenge: Challenge, check: Check, context: Context, alongside: Alongside | None) -> Outcome:
    """Use up the code, finish the challenge and forget the failures in one statement, or change nothing.

    What is written alongside is in the same statement, unless it has to read something first.

    Errors: `NotProven` if another request was first.
    """
    outcome = Outcome.of(challenge, Verdict.PROVEN)
    with batched_writes.block():
        if alongside is not None:
            alongside.first(challenge.user, challenge.enrolment)
        enrolments.use_later(
            challenge.enrolment, counter=check.counter, now=context.now, then=_changed, learned=check.learned
        )
        _SPEND.later(
            _changed,
            pk=challenge.pk,
            generation=challenge.generation,
            state=ChallengeState.PROVEN,
            ended_at=context.now,
        )
        attempts.forget_failures(challenge, context)
        if alongside is None or not alongside.then(outcome):
            _record(verification_audit_events.CHALLENGE_PROVEN, challenge, context)
    return outcome


def _changed(rows: Rows) -> None:
    """Refuse a proof whose code or challenge another request has used up: its update found no row."""
    if not rows:
        raise NotProven


def _after(outcome: Outcome, alongside: Alongside | None) -> Outcome:
    """Do what a proof was for that is saved already."""
    if outcome.proven and alongside is not None and outcome.user is not None and outcome.enrolment is not None:
        with batched_writes.block():
            alongside.first(outcome.user, outcome.enrolment)
            alongside.then(outcome)
    return outcome


def _record(event: Event, challenge: Challenge, context: Context) -> None:
    audit.record(event, user_id=challenge.user.pk, context=context, **challenge.audit_detail())


def _too_late(challenge: Challenge, check: Check, context: Context) -> Outcome:
    """Return why a correct answer came too late, and give its try back."""
    with transaction.atomic():
        attempts.give_back(challenge, context)
        if check.counter is None or not enrolments.is_used(challenge.enrolment, check.counter):
            return ending.why_ended(challenge, context.now)
        _record(verification_audit_events.CHALLENGE_REPEATED, challenge, context)
    return Outcome.of(challenge, Verdict.USED, tries_left=challenge.tries_left + 1)


def _prove_in_steps(challenge: Challenge, check: Check, context: Context, *, by_phone: bool) -> Outcome:
    """Finish a challenge whose proof needs more than one look: a setup, a single-use code, an approval by phone."""
    with transaction.atomic():
        if challenge.purpose == Purpose.ENROL:
            enrolments.lock_person(challenge.user)  # before their failures, in the order that all code uses
        found = _use_up(challenge, check, context.now, by_phone=by_phone)
        if found is not Verdict.PROVEN:
            attempts.give_back(challenge, context)
        if found is Verdict.GONE:
            return Outcome.of(challenge, found)
        if found is Verdict.USED:
            _record(verification_audit_events.CHALLENGE_REPEATED, challenge, context)
            return Outcome.of(challenge, found, tries_left=challenge.tries_left + 1)
        if found is Verdict.REPLACED:
            return ending.why_ended(challenge, context.now)
        attempts.forget_failures(challenge, context)
        if check.single_use_code is not None:
            _after_single_use_code(challenge, context)
        if challenge.purpose == Purpose.ENROL and not by_phone:
            _confirm(challenge, context, draft=check.draft)
        _record(
            verification_audit_events.CHALLENGE_APPROVED if by_phone else verification_audit_events.CHALLENGE_PROVEN,
            challenge,
            context,
        )
    return Outcome.of(challenge, Verdict.PENDING if by_phone else Verdict.PROVEN)


def collect(
    handle: str,
    *,
    binding: str,
    context: Context,
    alongside: Alongside | None = None,
    loaded: Challenge | None = None,
) -> Outcome:
    """Finish a challenge that was approved on the phone. Works once.

    `loaded` is the challenge that the caller has just read with its session, if there was one.
    """
    challenge = loading_and_session_binding.load(handle, binding, loaded=loaded)
    if challenge is None:
        return Outcome(verdict=Verdict.GONE)
    approved = Challenge.objects.filter(pk=challenge.pk, state=ChallengeState.APPROVED, expires_at__gt=context.now)
    is_collected = False
    with transaction.atomic():
        if challenge.purpose == Purpose.ENROL:
            enrolments.lock_person(challenge.user)
        if approved.update(state=ChallengeState.PROVEN, ended_at=context.now):
            is_collected = True
            if challenge.purpose == Purpose.ENROL:
                _confirm(challenge, context)
            _record(verification_audit_events.CHALLENGE_PROVEN, challenge, context)
    if is_collected:
        return _after(Outcome.of(challenge, Verdict.PROVEN), alongside)
    if challenge.state == ChallengeState.OPEN and challenge.expires_at > context.now and challenge.tries_left > 0:
        return Outcome.of(challenge, Verdict.PENDING, tries_left=challenge.tries_left, said=_not_approved(challenge))
    return ending.why_ended(challenge, context.now)


def _not_approved(challenge: Challenge) -> VerdictText | None:
    """Return the method's own words, if the person approves on the phone and it has some."""
    method = method_registry.method(challenge.enrolment.method)
    words = method.not_approved if isinstance(method, KeyedOnPhone) else None
    return VerdictText(*map(str, words)) if words else None


def _use_up(challenge: Challenge, check: Check, now: datetime, *, by_phone: bool) -> Verdict:
    """Use up a token's place in the stock, the code and the challenge, or none of them.

    Checking a recovery code takes a moment, in which the challenge may end. The code then stays unused.
    """
    state, ended_at = (ChallengeState.APPROVED, None) if by_phone else (ChallengeState.PROVEN, now)
    with transaction.atomic():
        found = Verdict.PROVEN
        if challenge.purpose == Purpose.ENROL and not enrolments.take_from_stock(challenge.enrolment):
            found = Verdict.GONE
        elif not _spend(challenge, check, now):
            found = Verdict.USED
        elif not _SPEND.run(pk=challenge.pk, generation=challenge.generation, state=state, ended_at=ended_at):
            found = Verdict.REPLACED
        if found is not Verdict.PROVEN:
            transaction.set_rollback(True)
    return found


def _spend(challenge: Challenge, check: Check, now: datetime) -> bool:
    if check.single_use_code is not None and not enrolments.spend_single_use_code(check.single_use_code, now=now):
        return False
    return enrolments.mark_used(challenge.enrolment, counter=check.counter, now=now, learned=check.learned)


def _after_single_use_code(challenge: Challenge, context: Context) -> None:
    """End a single-use pass. After a recovery code, notify the person how many are left."""
    if method_registry.has(challenge.enrolment.method, Temporary):
        enrolments.end_validity(challenge.enrolment.pk, now=context.now)
    elif challenge.purpose in {Purpose.SIGN_IN, Purpose.FRESH}:
        left = enrolments.recovery_codes_left(challenge.user.pk)
        notices.notify(challenge.user, "recovery_code_used", now=context.now, context=context, left=str(left))


def _confirm(challenge: Challenge, context: Context, *, draft: Draft | None = None) -> None:
    if enrolments.confirm(challenge.enrolment, now=context.now, draft=draft):
        browsers.forget(challenge.user)
        audit.record(
            verification_audit_events.ENROLMENT_CONFIRMED,
            user_id=challenge.user.pk,
            context=context,
            **challenge.audit_detail(),
        )
        notices.notify(
            challenge.user,
            "method_added",
            now=context.now,
            context=context,
            label=enrolments.label(challenge.enrolment),
        )
