"""Makes the rows of requests to verify, and of their texts, calls and emails. Nothing is written here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from verification import phone_numbers
from verification.challenges import reference_on_page_and_message
from verification.keys import crypto
from verification.models import (
    Attempt,
    AttemptResult,
    Challenge,
    ChallengeState,
    Channel,
    Enrolment,
    FailureReason,
    Message,
    MessageState,
    Purpose,
)
from verification.models.messages import MOVING
from verification.models.random_row_handles import new_handle

LIFE = timedelta(minutes=5)  # of a code
PROVIDER = "virtual"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where somebody was: network and browser."""

    network: str = ""
    agent: str = ""


@dataclass(frozen=True, kw_only=True)
class MessageResult:
    """What happened to a message. Units: `seconds` from sending to the end."""

    state: MessageState = MessageState.DELIVERED
    reason: str = ""
    seconds: float = 3.0
    n_attempts: int = 0  # that failed


def request(
    enrolment: Enrolment, at: datetime, *, place: Place, state: ChallengeState, ended_at: datetime
) -> Challenge:
    """Return a request to verify at a sign-in, which has ended."""
    return Challenge(
        user=enrolment.user,
        enrolment=enrolment,
        purpose=Purpose.SIGN_IN,
        binding=new_handle(),
        state=state,
        key_id=crypto.digest_key(),
        reference=reference_on_page_and_message.new_reference(),
        nonce=new_handle(),
        code_life=LIFE,
        issued_at=at,
        resend_at=at + timedelta(seconds=30),
        expires_at=at + LIFE,
        tries_left=5,
        network=place.network,
        ended_at=None if state == ChallengeState.OPEN else ended_at,
    )


def about(challenge: Challenge) -> dict[str, Any]:
    """Return what the audit log says about a request to verify."""
    return challenge.audit_detail()


def message(challenge: Challenge, kind: Channel, result: MessageResult) -> Message:
    """Return the text or call of a request."""
    enrolment = challenge.enrolment
    found = _message(challenge.issued_at, enrolment.user_id, kind, enrolment.address, result, hint=enrolment.hint)
    found.challenge = challenge
    found.template = f"verification/methods/{enrolment.method}/message.txt"
    found.country, found.range = phone_numbers.country(enrolment.address), phone_numbers.prefix(enrolment.address)
    return found


def attempts(found: Message, result: MessageResult) -> list[Attempt]:
    """Return the attempts to send a message that failed."""
    moments = (found.created_at + timedelta(seconds=1 + 2 * n) for n in range(result.n_attempts))
    return [
        Attempt(
            message=found, provider=PROVIDER, result=AttemptResult.REFUSED, reason=FailureReason.PROVIDER_DOWN, at=at
        )
        for at in moments
    ]


def notice(at: datetime, user: Any, name: str, place: Place, **values: str) -> Message:  # noqa: ANN401  (any user model)
    """Return an email that was delivered. Shape: `name` of a template in `verification/notices/to_person`."""
    found = _message(at, user.pk, Channel.MAIL, user.email, MessageResult())
    found.template = f"verification/notices/to_person/{name}.txt"
    found.context = {"at": at.isoformat(), "agent": place.agent, "network": place.network, **values}
    return found


def _message(
    at: datetime, user_id: int, kind: Channel, address: str, result: MessageResult, *, hint: str = ""
) -> Message:
    found = Message(
        user_id=user_id,
        kind=kind,
        provider=PROVIDER,
        reference=new_handle(),
        state=result.state,
        reason=result.reason,
        claims=1 + result.n_attempts,
        hint=hint,
        created_at=at,
        not_before=at if result.state in MOVING else None,
        useful_until=at + LIFE,
        handed_at=None if result.n_attempts else at + timedelta(seconds=0.4),
        ended_at=at + timedelta(seconds=result.seconds),
    )
    found.address = address
    return found
