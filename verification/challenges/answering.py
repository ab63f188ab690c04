"""Answers to challenges."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import IntegrityError

from verification import enrolments, limits, method_registry
from verification.challenges import (
    attempts,
    challenge_data_given_to_methods,
    correct_answers,
    hints_for_impossible_codes,
    loading_and_session_binding,
)
from verification.context import Context
from verification.keys import codes_of_texts_calls_and_emails, constant_time_comparison
from verification.method_base import Check, Draft
from verification.method_capabilities import Delivered, PublicKey
from verification.models import Challenge, ChallengeState
from verification.outcomes import Outcome, Verdict

_OLDER_CODE_WINDOW = timedelta(minutes=10)  # older codes are recognised for this long
_MAX_OLDER_REQUESTS = 20  # most older requests that are compared
_MAX_TYPED_LENGTH = 1_000  # characters of a code or a pasted message: normalising a longer text takes long


def answer(
    handle: str,
    text: str,
    *,
    binding: str,
    context: Context,
    alongside: correct_answers.Alongside | None = None,
    loaded: Challenge | None = None,
) -> Outcome:
    """Check an answer, and finish the challenge if it is correct.

    First a try and a failure are counted and committed, so that no later error or parallel request can undo them. Then
    the method checks the answer, outside any transaction. Then guarded updates finish the challenge, and `alongside`
    runs with them. `loaded` is the challenge that the caller has just read with its session, if there was one.
    """
    challenge = loading_and_session_binding.load(handle, binding, loaded=loaded)
    if challenge is None or not challenge.enrolment.is_good(context.now):
        return Outcome(verdict=Verdict.GONE)
    method = method_registry.method(challenge.enrolment.method)
    text = text if isinstance(method, PublicKey) else text[:_MAX_TYPED_LENGTH]
    read = method.read(text)
    if not method.fits(read) and challenge.state == ChallengeState.OPEN and challenge.expires_at > context.now:
        note = hints_for_impossible_codes.words(challenge.user, method, text)
        return Outcome.of(challenge, Verdict.MISREAD, tries_left=challenge.tries_left, note=note)
    gate = attempts.take_try(challenge, context)
    if isinstance(gate, Outcome):
        return gate
    if isinstance(method, PublicKey):
        _follow(challenge, method.names(read))
    check = method.check(challenge_data_given_to_methods.of_challenge(challenge, now=context.now), read)
    if check.verdict is Verdict.PROVEN:
        if _is_taken(challenge, check.draft):
            return attempts.fail(challenge, gate, context, cause="taken")
        return correct_answers.prove(challenge, check, context, alongside=alongside)
    return _refuse(challenge, check, gate, text=read, context=context)


def _follow(challenge: Challenge, address: str) -> None:
    """Switch to the enrolment that an answer names, if it belongs to the same person and method."""
    if not address or not challenge.enrolment.confirmed:
        return
    named = enrolments.of_address(address, method=challenge.enrolment.method, user_id=challenge.user.pk)
    if named is not None and named.pk != challenge.enrolment.pk and named.opens:
        with suppress(IntegrityError):  # it was removed at the same time
            Challenge.objects.filter(pk=challenge.pk).update(enrolment=named)
            challenge.enrolment = named


def _refuse(challenge: Challenge, check: Check, gate: limits.Gate, *, text: str, context: Context) -> Outcome:
    """Save what a method found about an answer that is not correct, in one transaction, and return the outcome."""
    if check.verdict is Verdict.USED:
        return attempts.uncounted(challenge, Verdict.USED, context)
    if check.verdict is Verdict.DRIFTED:
        enrolments.save_learned(challenge.enrolment, check.learned)
        return attempts.fail(challenge, gate, context, verdict=Verdict.DRIFTED, cause=check.cause)
    if _was_replaced(challenge, text, context.now):
        return attempts.uncounted(challenge, Verdict.REPLACED, context)
    return attempts.fail(challenge, gate, context, cause=check.cause)


def _is_taken(challenge: Challenge, draft: Draft | None) -> bool:
    """Return whether a new credential is set up already: it can belong to one person only, because it identifies them.

    Source: WebAuthn L3, 7.1, step 26.
    """
    if draft is None or not draft.address:
        return False
    return enrolments.of_address(draft.address, method=challenge.enrolment.method) is not None


def _was_replaced(challenge: Challenge, text: str, now: datetime) -> bool:
    """Return whether an answer is an older code of this person, sent before the newest one or for an older request.

    The older request ends. Otherwise someone with many open requests could test one guess against all of them.
    """
    if method_registry.has(challenge.enrolment.method, Delivered) and _is_code_of(
        challenge, text, challenge.generation - 1
    ):
        return True
    recent = Challenge.objects.filter(
        user=challenge.user,
        purpose=challenge.purpose,
        pk__lt=challenge.pk,
        issued_at__gt=now - 2 * _OLDER_CODE_WINDOW,  # limits what the index reads
        resend_at__gt=now - _OLDER_CODE_WINDOW,
        enrolment__method__in=method_registry.names(Delivered),
    )
    for old in recent.order_by("-issued_at", "-pk")[:_MAX_OLDER_REQUESTS]:
        if _is_code_of(old, text, old.generation):
            older = Challenge.objects.filter(pk=old.pk, state__in=[ChallengeState.OPEN, ChallengeState.SUPERSEDED])
            older.update(state=ChallengeState.SUPERSEDED, ended_at=now, resend_at=now)
            return True
    return False


def _is_code_of(challenge: Challenge, text: str, newest: int) -> bool:
    """Return whether an answer is one of the codes that were sent for a challenge, up to a generation."""
    key = {"handle": challenge.handle, "nonce": challenge.nonce, "key_id": challenge.key_id}
    return any(
        constant_time_comparison.same(codes_of_texts_calls_and_emails.derive(generation=n, **key), text)
        for n in range(1, newest + 1)
    )
