"""Attempts: the tries of a challenge, and the failures that count towards a lockout."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from verification import audit, conf, limits, method_registry
from verification.audit import verification_audit_events
from verification.challenges import (
    ending,
    incorrect_code_notices,
    lockouts_and_their_notices,
)
from verification.context import Context
from verification.db.compiled_queries import BindParam, Update
from verification.method_capabilities import PublicKey
from verification.models import Challenge, ChallengeState, Purpose
from verification.outcomes import Outcome, Verdict, VerdictText

NON_GRANTING = {Purpose.ENROL, Purpose.SELF_TEST}  # verifying for these doesn't give access
# These have separate counts, so that guesses there don't lock a person's sign-in.
SEPARATE_COUNTERS = NON_GRANTING | {Purpose.CALLER}
_CHECK_TIME = timedelta(seconds=10)  # longer than any request takes from counting an answer to having checked it
_ROW, _NOW, _GENERATION = BindParam("pk"), BindParam("now"), BindParam("generation")
_TAKE_TRY = Update(
    lambda: (
        Challenge.objects.filter(
            pk=_ROW, state=ChallengeState.OPEN, expires_at__gt=_NOW, tries_left__gt=0, generation=_GENERATION
        ),
        {"tries_left": F("tries_left") - 1},
    )
)


def counter(method: str, purpose: str) -> str:
    """Name the counter of incorrect answers. Self-tests, setups and callers have counters of their own."""
    return f"{purpose}.{method}" if purpose in SEPARATE_COUNTERS else method


def _scope(challenge: Challenge) -> str:
    return counter(challenge.enrolment.method, challenge.purpose)


def caller_gates(user_id: int, methods: Collection[str], *, now: datetime) -> dict[str, limits.Gate]:
    """Return, by method, whether a code that a caller reads out would be checked now. One statement."""
    return caller_gates_and_stops(user_id, methods, now=now)[0]


def caller_gates_and_stops(
    user_id: int, methods: Collection[str], *, now: datetime
) -> tuple[dict[str, limits.Gate], dict[str, datetime]]:
    """Return the caller's gates, and the channels that send nothing now after unanswered messages, and until when."""
    names = {method: counter(method, Purpose.CALLER) for method in methods}
    found, stops = limits.gates_and_stops(user_id, list(names.values()), now=now)
    return {method: found[name] for method, name in names.items()}, stops


def _is_counted(challenge: Challenge) -> bool:
    """Return whether an incorrect answer counts towards the 30-day limit over all methods, as at sign-in."""
    return challenge.purpose not in SEPARATE_COUNTERS and method_registry.method(challenge.enrolment.method).is_counted


def take_try(challenge: Challenge, context: Context) -> limits.Gate | Outcome:
    """Take a try and count a failure, both before the answer is checked.

    Return the count of failures, or the outcome of a refusal.
    """
    gate = _reserve(challenge, context)
    if gate is None:
        return ending.why_ended(challenge, context.now)
    if gate.is_open:
        challenge.tries_left -= 1
        return gate
    with transaction.atomic():
        Challenge.objects.filter(pk=challenge.pk).update(tries_left=F("tries_left") + 1)
        if gate.scope and (checked_at := _checked_until(challenge, context.now)):
            return Outcome.of(challenge, Verdict.WAIT, retry_at=checked_at, tries_left=challenge.tries_left)
        # A limit is reached. The request that reached it may have crashed before it locked.
        if gate.scope:
            lockouts_and_their_notices.lock_all_methods(challenge, context)
        elif gate.is_locked:
            _lock(challenge, context)
    verdict = Verdict.OFF if gate.is_locked else Verdict.WAIT
    return Outcome.of(challenge, verdict, retry_at=gate.retry_at, tries_left=challenge.tries_left)


def _checked_until(challenge: Challenge, now: datetime) -> datetime | None:
    """Return until when the answer that reached the 30-day limit may still be in its check, or None if that has passed.

    It may be correct, for example the same code sent twice at once. If it is not, its own request locks the methods.
    """
    found = limits.wrong_codes(challenge.user.pk, now=now)
    until = found.last_at + _CHECK_TIME if found.last_at is not None and found.stopped_at is None else now
    return until if until > now else None


def _reserve(challenge: Challenge, context: Context) -> limits.Gate | None:
    """Take a try and count a failure, in one statement. None if the challenge takes no more answers.

    Public keys can't be guessed, so counting them would only lock people out.
    """
    which = {"pk": challenge.pk, "generation": challenge.generation, "now": context.now}
    if method_registry.has(challenge.enrolment.method, PublicKey):
        return limits.OPEN if _TAKE_TRY.run(**which) else None
    return limits.reserve(
        challenge.user.pk,
        _scope(challenge),
        now=context.now,
        after=_TAKE_TRY.statement(**which),
        is_counted=_is_counted(challenge),
        switches_off=challenge.purpose not in NON_GRANTING,
    )


def give_back(challenge: Challenge, context: Context) -> None:
    """Undo the try and the failure that `take_try` counted."""
    Challenge.objects.filter(pk=challenge.pk).update(tries_left=F("tries_left") + 1)
    limits.refund(challenge.user.pk, _scope(challenge), now=context.now, is_counted=_is_counted(challenge))


_EVENTS = {
    Verdict.USED: verification_audit_events.CHALLENGE_USED,
    Verdict.REPLACED: verification_audit_events.CHALLENGE_REPLACED,
}


def uncounted(challenge: Challenge, verdict: Verdict, context: Context) -> Outcome:
    """Refuse an answer that doesn't count as a try, such as an older or a used code."""
    with transaction.atomic():
        give_back(challenge, context)
        audit.record(
            _EVENTS[verdict],
            user_id=challenge.user.pk,
            context=context,
            **challenge.audit_detail(),
        )
    return Outcome.of(challenge, verdict, tries_left=challenge.tries_left + 1)


def forget_failures(challenge: Challenge, context: Context) -> None:
    """Reset the failures in a row after a correct answer, and after a self-test the method's delay. A lockout stays."""
    tried = challenge.enrolment.method if challenge.purpose in NON_GRANTING else ""
    limits.clear(challenge.user.pk, _scope(challenge), now=context.now, is_counted=_is_counted(challenge), tried=tried)


def retry_at(challenge: Challenge, now: datetime) -> datetime | None:
    """Return when the option can be used again, or None if it can be now."""
    return limits.gate(challenge.user.pk, _scope(challenge), now=now).retry_at


def fail(
    challenge: Challenge, gate: limits.Gate, context: Context, *, verdict: Verdict = Verdict.WRONG, cause: str = ""
) -> Outcome:
    """Record an incorrect answer, end the challenge after the last try, and notify the person if it is due."""
    n_failures = gate.n_failures
    with transaction.atomic():
        ended = Challenge.objects.filter(pk=challenge.pk, state=ChallengeState.OPEN, tries_left=0).update(
            state=ChallengeState.ENDED, ended_at=context.now
        )
        audit.record(
            verification_audit_events.CHALLENGE_FAILED,
            user_id=challenge.user.pk,
            context=context,
            n_failures=n_failures,
            **challenge.audit_detail() | ({"cause": cause} if cause else {}),
        )
        if gate.n_today:
            _lock_or_notify(challenge, gate.n_today, context)
        if n_failures >= conf.lockout_threshold() and challenge.purpose not in NON_GRANTING:
            _lock(challenge, context)
    said = method_registry.method(challenge.enrolment.method).causes.get(cause)
    return Outcome.of(
        challenge,
        Verdict.ENDED if ended else verdict,
        tries_left=max(challenge.tries_left, 0),
        said=VerdictText(str(said[0]), str(said[1])) if said else None,
    )


def _lock(challenge: Challenge, context: Context) -> None:
    """Lock the method of a challenge and record it, once. For callers it can still be used to sign in: no notice."""
    is_new = limits.lock(challenge.user.pk, _scope(challenge), now=context.now)
    if is_new and challenge.purpose not in SEPARATE_COUNTERS:
        lockouts_and_their_notices.lock_method(challenge, context)


def _lock_or_notify(challenge: Challenge, n_today: int, context: Context) -> None:
    """Lock all methods at the 30-day limit. Before it, notify the person of many incorrect codes."""
    found = limits.wrong_codes(challenge.user.pk, now=context.now)
    if found.n >= conf.wrong_codes_per_month():
        lockouts_and_their_notices.lock_all_methods(challenge, context)
    else:
        # Of two answers at once, each has a number of its own, or both would leave out the one that is due.
        n_month = found.n - found.n_today + n_today
        incorrect_code_notices.notify_if_due(challenge, context, n_today=n_today, n_month=n_month)
