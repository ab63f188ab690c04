"""Starting challenges: for an enrolment that exists, or for one that is being set up."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError, transaction

from verification import audit, conf, enrolments, method_registry, outcomes
from verification.audit import verification_audit_events
from verification.challenges import (
    ending,
    loading_and_session_binding,
    reference_on_page_and_message,
    resending,
    sending,
)
from verification.context import Context
from verification.db import batched_writes
from verification.db.compiled_queries import BindParam, Select
from verification.enrolments import EnrolmentLimits
from verification.keys import crypto
from verification.limits import blocked_ranges, may_number_get_messages
from verification.method_base import Method
from verification.method_capabilities import Delivered, KeyedOnPhone, Temporary
from verification.models import Challenge, ChallengeState, Enrolment, MessageState, Purpose
from verification.models.random_row_handles import new_handle
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict
from verification.policies import Rules

_NOT_DELIVERED = {MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED}


def start(  # noqa: PLR0913  (one action, with named circumstances)
    enrolment: Enrolment,
    *,
    user: Person,
    purpose: Purpose,
    binding: str,
    context: Context,
    rules: Rules,
    mode: str = "",
    replaces: str = "",
    nonce: str = "",
    known: EnrolmentLimits | None = None,
    also: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Start a challenge for one enrolment: count it, replace the session's older one, queue its message.

    `also` writes what belongs to the request, for every outcome. With a new challenge it runs in the same transaction;
    if that fails, it is called again.

    `binding` is a secret of the session; only that session can answer. `replaces` is the session's challenge so far.
    `nonce` is that of the offer that this challenge continues. `known` are the enrolment's limits, if they were
    read already.
    """
    found = _prepared(
        enrolment,
        user=user,
        purpose=purpose,
        binding=binding,
        context=context,
        rules=rules,
        mode=mode,
        replaces=replaces,
        nonce=nonce,
        known=known,
    )
    if isinstance(found, Challenge):
        return _started(found, context, replaces=replaces, also=also)
    if also is not None:
        with batched_writes.block():
            also(found)
    return found


def _started(
    challenge: Challenge,
    context: Context,
    *,
    replaces: str = "",
    also: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Write a challenge that may start. If another request of this session was first, return its challenge instead."""
    enrolment, user, purpose = challenge.enrolment, challenge.user, Purpose(challenge.purpose)
    outcome = Outcome(
        verdict=Verdict.ISSUED, handle=challenge.handle, method=enrolment.method, user=user, challenge=challenge
    )
    if _write(challenge, context, outcome, replaces=replaces, also=also):
        return outcome
    # The other request's challenge stays, and this one sends no second message.
    sending.uncount(enrolment, user=user, purpose=purpose, context=context)
    found = ending.live(challenge.binding, purpose)
    if also is not None:
        with batched_writes.block():
            also(found)
    return found


def _prepared(  # noqa: PLR0913  (as `start`)
    enrolment: Enrolment,
    *,
    user: Person,
    purpose: Purpose,
    binding: str,
    context: Context,
    rules: Rules,
    mode: str,
    replaces: str,
    nonce: str,
    known: EnrolmentLimits | None,
) -> Challenge | Outcome:
    """Return the challenge to write, or the outcome if there is none to write: it is refused, or one is running."""
    if enrolments.unavailable_reason(enrolment, context.now):
        return Outcome(verdict=Verdict.UNREACHABLE, method=enrolment.method)
    is_tried = purpose in {Purpose.SELF_TEST, Purpose.CALLER}
    kind = method_registry.method(enrolment.method).kind
    if not enrolments.may_call(enrolment, kind, rules.voice_countries) or (
        is_tried and method_registry.has(enrolment.method, Temporary)
    ):
        return Outcome(verdict=Verdict.UNREACHABLE, method=enrolment.method)
    chosen = _mode(enrolment, mode, purpose=purpose, rules=rules)
    if replaces and (running := _running(enrolment, binding=binding, purpose=purpose, mode=chosen, now=context.now)):
        return _go_back(running, replaces, now=context.now)
    if refusal := sending.refusal(enrolment, user=user, context=context, purpose=purpose, known=known):
        return refusal
    return Challenge(
        user=cast("Any", user),  # of whatever user model the site has
        enrolment=enrolment,
        purpose=purpose,
        mode=chosen,
        binding=loading_and_session_binding.bind(binding),
        key_id=crypto.digest_key(),
        reference=reference_on_page_and_message.new_reference(),
        nonce=nonce or new_handle(),
        code_life=rules.code_life,
        issued_at=context.now,
        resend_at=context.now + conf.resend_after(),
        expires_at=context.now + rules.code_life,
        tries_left=conf.attempts_per_challenge(),
        language=context.language,
        network=context.network,
    )


def _write(
    challenge: Challenge,
    context: Context,
    outcome: Outcome,
    *,
    replaces: str,
    also: Callable[[Outcome], None] | None,
) -> bool:
    """Write a challenge, its message and its event, in one transaction. Return False if another request was first."""
    try:
        with batched_writes.block():
            if replaces:
                ending.supersede(replaces, binding=challenge.binding, now=context.now)
            loading_and_session_binding.ADD.later(challenge)
            sending.send(challenge, context)
            audit.record(
                verification_audit_events.CHALLENGE_ISSUED,
                user_id=challenge.user.pk,
                context=context,
                **challenge.audit_detail(),
            )
            if also is not None:
                also(outcome)
    except IntegrityError:
        return False
    return True


def enrol(
    user: Person,
    method_name: str,
    fields: Mapping[str, Any],
    *,
    binding: str,
    context: Context,
    rules: Rules,
    replaces: str = "",
) -> Outcome:
    """Start to set up a method: check the fields, save a draft, and start a challenge for it.

    Errors: the outcome is REFUSED with the problems by field, UNREACHABLE if policy refuses, or WAIT after too many
    incorrect codes.
    """
    if method_name not in rules.methods or not method_registry.is_installed(method_name):
        return Outcome(verdict=Verdict.UNREACHABLE, method=method_name)
    method = method_registry.method(method_name)
    if enrolments.is_full(user.pk, method):
        return Outcome(verdict=Verdict.FULL, method=method_name)
    if delayed := sending.delay(method, user=user, context=context, purpose=Purpose.ENROL):
        return delayed  # the draft that can be verified later stays
    cleaned: dict[str, Any] = {}
    if method.form_class is not None:
        form = method.form_class(data=dict(fields))
        if not form.is_valid():
            problems = {name: tuple(str(e) for e in errors) for name, errors in form.errors.items()}
            return Outcome(verdict=Verdict.REFUSED, method=method_name, problems=problems)
        cleaned = form.cleaned_data
        address = str(cleaned.get(method.address_field, ""))
        if refused := may_number_get_messages.refusal(method.kind, address, now=context.now):
            problems = {
                method.address_field: (
                    outcomes.unavailable_words(refused, until=blocked_ranges.paused_until(address, now=context.now)),
                )
            }
            return Outcome(verdict=Verdict.REFUSED, method=method_name, problems=problems)
    if replaces and (again := _same_address(method, cleaned, user=user, replaces=replaces, binding=binding)):
        outcome = resending.resend(again.handle, binding=binding, context=context)
        is_running = outcome.verdict is Verdict.TOO_SOON
        return replace(outcome, verdict=Verdict.ISSUED) if is_running else outcome
    found = _prepared(
        enrolments.proposed(user, method, cleaned),
        user=user,
        purpose=Purpose.ENROL,
        binding=binding,
        context=context,
        rules=rules,
        mode=str(cleaned.get("mode", "")),
        replaces="",
        nonce="",
        known=None,
    )
    if isinstance(found, Outcome):
        return found  # the earlier draft and its challenge stay usable
    return _drafted(found, method, cleaned, rules=rules, replaces=replaces, context=context)


def _drafted(
    challenge: Challenge,
    method: Method,
    cleaned: dict[str, Any],
    *,
    rules: Rules,
    replaces: str,
    context: Context,
) -> Outcome:
    """Save the draft of a method, and write its challenge, which may start."""
    user = challenge.user
    try:
        with transaction.atomic():
            enrolments.lock_person(user)
            if replaces:
                ending.supersede(replaces, binding=challenge.binding, now=context.now)
            draft = enrolments.draft(user, method, cleaned, may_claim=rules.stock_tokens, now=context.now)
    except enrolments.NotAssigned as refusal:
        problems = {method.address_field: (str(refusal),)}
        return Outcome(verdict=Verdict.REFUSED, method=method.name, problems=problems)
    challenge.enrolment = draft
    return _started(challenge, context)


def _same_address(
    method: Method, cleaned: dict[str, Any], *, user: Person, replaces: str, binding: str
) -> Challenge | None:
    """Return the session's open challenge for this number or address, whose code is sent again."""
    found = loading_and_session_binding.load(replaces, binding) if isinstance(method, Delivered) else None
    if (
        found is None
        or found.state != ChallengeState.OPEN
        or not found.tries_left
        or found.enrolment.method != method.name
    ):
        return None
    plan, draft = method.enrol(cleaned, account=str(user.get_username())), found.enrolment
    is_same = (plan.address, dict(plan.data)) == (draft.address, draft.data) and not draft.confirmed
    return found if is_same and found.mode == str(cleaned.get("mode", found.mode)) else None


def _mode(enrolment: Enrolment, wanted: str, *, purpose: Purpose, rules: Rules) -> str:
    """Choose the mode: the wanted one if the method has it, else its first.

    Callers get a mode with a code, because they read it to support.
    """
    method = method_registry.method(enrolment.method)
    modes = [mode.key for mode in method.modes if mode.gives_code or purpose != Purpose.CALLER]
    chosen = wanted if wanted in modes else next(iter(modes), "")
    if rules.number_matching or not isinstance(method, KeyedOnPhone):
        return chosen
    return method.without_number_matching(chosen)


_RUNNING = Select(
    lambda: Challenge.objects.filter(
        **{name: BindParam(name) for name in ("binding", "purpose", "enrolment", "mode")},
        state__in=[ChallengeState.OPEN, ChallengeState.SUPERSEDED],
        resend_at__gt=BindParam("now"),
        expires_at__gt=BindParam("now"),
        tries_left__gt=0,
    ).order_by("-pk")[:1]
)


def _running(enrolment: Enrolment, *, binding: str, purpose: Purpose, mode: str, now: datetime) -> Challenge | None:
    """Return the session's recent challenge for the same option, because choosing it again sends nothing.

    This includes one that another option replaced. One whose message failed doesn't count.
    """
    found = _RUNNING.first(
        binding=loading_and_session_binding.bind(binding), purpose=purpose, enrolment=enrolment.pk, mode=mode, now=now
    )
    if found is None or not method_registry.has(enrolment.method, Delivered):
        return found
    newest = loading_and_session_binding.NEWEST.first(challenge=found.pk)
    return None if newest is None or newest.state in _NOT_DELIVERED else found


def _go_back(running: Challenge, replaces: str, *, now: datetime) -> Outcome:
    """Return to an open challenge. `retry_at` is when another message can be sent."""
    outcome = Outcome(
        verdict=Verdict.ISSUED, handle=running.handle, method=running.enrolment.method, retry_at=running.resend_at
    )
    if running.state == ChallengeState.OPEN:
        return outcome
    try:
        with transaction.atomic():
            ending.supersede(replaces, binding=running.binding, now=now)
            # Not if its code was entered for a newer request in between, which ends this one for good.
            rows = Challenge.objects.filter(pk=running.pk, state=ChallengeState.SUPERSEDED, resend_at=running.resend_at)
            if rows.update(
                state=ChallengeState.OPEN, ended_at=None, number=loading_and_session_binding.next_number(running, now)
            ):
                return outcome
            transaction.set_rollback(True)
    except IntegrityError:
        pass  # another request was first
    return ending.live(running.binding, Purpose(running.purpose))
