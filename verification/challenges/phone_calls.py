"""Key presses during a call: an approval, a request to hear the code, or a fraud report."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction

from verification import audit, enrolments, method_registry, notices
from verification.audit import verification_audit_events
from verification.challenges import attempts, challenge_data_given_to_methods, correct_answers
from verification.context import Context
from verification.db.compiled_queries import BindParam, Select
from verification.delivery import rendering
from verification.delivery.provider_interface import Speech
from verification.inputs import typed_codes
from verification.method_capabilities import KeyedOnPhone
from verification.models import Challenge, ChallengeState, Channel, Message
from verification.outcomes import Outcome, Verdict

_CALL = Select(
    lambda: Message.objects.select_related("challenge__enrolment", "challenge__user").filter(
        handle=BindParam("handle"), kind=Channel.CALL, challenge__isnull=False
    )
)


def keyed(message_handle: str, keys: str, *, now: datetime) -> Speech | None:
    """Check the keys that were pressed, and return what the person hears next. None if the call isn't ours."""
    message = _CALL.first(handle=message_handle)
    if message is None or message.challenge is None or not message.challenge.enrolment.opens:
        return None
    challenge = message.challenge
    context = Context(now=now, agent=f"phone call by {message.provider}", language=challenge.language)
    method = method_registry.methods().get(challenge.enrolment.method)
    if not isinstance(method, KeyedOnPhone):
        return None
    check = method.check_keys(challenge_data_given_to_methods.of_challenge(challenge, now=now), typed_codes.tidy(keys))
    if check.verdict is Verdict.DENIED:
        # For any call, even one that was replaced, ended or approved, because an attacker may be faster.
        _deny(challenge, context)
        return rendering.speech(message, check.say, Verdict.DENIED)
    if (
        message.generation != challenge.generation
        or challenge.state != ChallengeState.OPEN
        or challenge.expires_at <= now
    ):
        return rendering.speech(
            message,
            method.check_keys(challenge_data_given_to_methods.of_challenge(challenge, now=now), "").say,
            Verdict.GONE,
        )
    if check.verdict in {Verdict.PENDING, Verdict.ISSUED}:
        return rendering.speech(message, check.say, check.verdict, goes_on=check.goes_on)
    gate = attempts.take_try(challenge, context)
    if isinstance(gate, Outcome):
        return rendering.speech(message, check.say, gate.verdict)
    if check.verdict is Verdict.PROVEN:
        outcome = correct_answers.prove(challenge, check, context, by_phone=True)
    else:
        outcome = attempts.fail(challenge, gate, context)
    verdict = Verdict.PROVEN if outcome.verdict is Verdict.PENDING else outcome.verdict
    return rendering.speech(message, check.say, verdict, goes_on=verdict is Verdict.WRONG)


def _deny(challenge: Challenge, context: Context) -> None:
    """Handle a fraud report: stop the sign-in, lock the person's second step, notify the person and the support desk.

    Reports of the same challenge count once.
    """
    with transaction.atomic():
        enrolments.lock_person(challenge.user)
        rows = Challenge.objects.filter(pk=challenge.pk).exclude(state=ChallengeState.DENIED)
        if not rows.update(state=ChallengeState.DENIED, ended_at=context.now):
            return
        get_user_model().objects.filter(pk=challenge.user.pk).update(second_step_locked_at=context.now)
        # No remembered browser skips the second step after support unlocks.
        enrolments.raise_epoch(challenge.user, why="locked")
        audit.record(
            verification_audit_events.CHALLENGE_REPORTED,
            user_id=challenge.user.pk,
            context=context,
            **challenge.audit_detail(),
        )
        # The network of the sign-in, not of the call.
        asked_from = Context(now=context.now, network=challenge.network)
        label = enrolments.label(challenge.enrolment)
        notices.notify(challenge.user, "fraud_reported_in_call", now=context.now, context=asked_from, label=label)
        notices.alert_support(challenge.user, "fraud_reported_in_call", now=context.now)
