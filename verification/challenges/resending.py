"""Resending the code of a challenge."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from verification import audit, conf, enrolments, method_registry
from verification.audit import verification_audit_events
from verification.challenges import ending, loading_and_session_binding, reference_on_page_and_message, sending
from verification.context import Context
from verification.method_capabilities import Delivered
from verification.models import Challenge, ChallengeState, MessageState, Purpose
from verification.outcomes import Outcome, Verdict, VerdictText

_FATE_UNKNOWN = {MessageState.SENDING, MessageState.UNKNOWN, MessageState.LOST}
_MAX_CODE_LIFE = timedelta(minutes=10)  # however often it is resent. Source: NIST SP 800-63B-4, 3.1.3.2
_MIN_CODE_LIFE_LEFT = timedelta(minutes=1)  # resent only if this much time is left


def resend(handle: str, *, binding: str, context: Context) -> Outcome:
    """Send a new code for a challenge. Older codes stop working; used tries stay used.

    While it is unknown whether the last code was sent, the same code is sent again, because both may arrive.
    """
    challenge = loading_and_session_binding.load(handle, binding)
    if challenge is None:
        return Outcome(verdict=Verdict.GONE)
    method = method_registry.method(challenge.enrolment.method)
    if not isinstance(method, Delivered):
        return Outcome.of(challenge, Verdict.UNREACHABLE)
    if (refused := _refused(challenge, context.now)) is not None:
        return refused
    message: dict[str, Any] = {"user": challenge.user, "context": context, "purpose": Purpose(challenge.purpose)}
    if refusal := sending.refusal(challenge.enrolment, **message):
        return refusal
    try:
        is_first = _write(challenge, context)
    except IntegrityError:  # another challenge of this session became the live one
        sending.uncount(challenge.enrolment, **message)
        return ending.live(challenge.binding, Purpose(challenge.purpose))
    if not is_first:
        sending.uncount(challenge.enrolment, **message)
        return _overtaken(handle, binding, context.now)
    return Outcome.of(challenge, Verdict.ISSUED, said=VerdictText(*map(str, method.resent)) if method.resent else None)


def _overtaken(handle: str, binding: str, now: datetime) -> Outcome:
    """Return what another request did with a challenge: it sent the code again, answered or replaced it."""
    challenge = loading_and_session_binding.load(handle, binding)
    if challenge is None:
        return Outcome(verdict=Verdict.GONE)
    return _refused(challenge, now) or Outcome.of(challenge, Verdict.TOO_SOON, retry_at=challenge.resend_at)


def _refused(challenge: Challenge, now: datetime) -> Outcome | None:
    """Return why the code of a challenge isn't sent again, whatever the limits say."""
    if enrolments.unavailable_reason(challenge.enrolment, now):
        return Outcome.of(challenge, Verdict.UNREACHABLE)
    if not challenge.can_be_sent_again(now):
        return ending.why_ended(challenge, now)
    if challenge.resend_at > now:
        return Outcome.of(challenge, Verdict.TOO_SOON, retry_at=challenge.resend_at)
    return None


def _write(challenge: Challenge, context: Context) -> bool:
    """Write the new code's generation, its message and its event, in one transaction. False if another was first.

    Errors: `IntegrityError` if the session has another live challenge by now.
    """
    rows = Challenge.objects.filter(
        pk=challenge.pk,
        generation=challenge.generation,
        resend_at=challenge.resend_at,
        tries_left__gt=0,
        state=challenge.state,
    )
    was_over = challenge.expires_at <= context.now
    number = {"number": loading_and_session_binding.next_number(challenge, context.now)} if was_over else {}
    if (end := _end_of_doubt(challenge, context.now)) is not None:
        challenge.expires_at = end
    else:
        challenge.reference = reference_on_page_and_message.new_reference(former=challenge.reference)
        challenge.generation += 1
        challenge.expires_at = context.now + challenge.code_life
    with transaction.atomic():
        changed = rows.update(
            state=ChallengeState.OPEN,
            generation=challenge.generation,
            resend_at=context.now + conf.resend_after(),
            expires_at=challenge.expires_at,
            reference=challenge.reference,
            **number,
        )
        if changed:
            sending.send(challenge, context)
            audit.record(
                verification_audit_events.CHALLENGE_RESENT,
                user_id=challenge.user.pk,
                context=context,
                **challenge.audit_detail(),
            )
    return bool(changed)


def _end_of_doubt(challenge: Challenge, now: datetime) -> datetime | None:
    """Return how long to keep a code whose sending is unknown, or None if a new code is due.

    Otherwise a person could get two codes, the old one late.
    """
    if challenge.state != ChallengeState.OPEN or challenge.expires_at <= now:
        return None
    sendings = challenge.messages.filter(generation=challenge.generation).order_by("pk")
    sent = list(sendings.values_list("state", "created_at"))
    if not any(state in _FATE_UNKNOWN for state, _at in sent):
        return None
    end = min(now + challenge.code_life, sent[0][1] + _MAX_CODE_LIFE)
    return end if end - now >= _MIN_CODE_LIFE_LEFT else None
