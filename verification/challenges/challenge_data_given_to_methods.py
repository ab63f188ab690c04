"""What the method of a challenge gets to see of it."""

import hashlib
from datetime import datetime

from verification import enrolments
from verification.keys import codes_of_texts_calls_and_emails, crypto
from verification.method_base import ChallengeData, FoundCode
from verification.models import Challenge, SingleUseCode


def of_challenge(challenge: Challenge, *, now: datetime, generation: int = 0) -> ChallengeData:
    """Return what the method of a challenge gets to see of it."""
    enrolment = challenge.enrolment
    key = {"handle": challenge.handle, "nonce": challenge.nonce, "key_id": challenge.key_id}
    return ChallengeData(
        random=crypto.mac("challenge.random", challenge.nonce, key_id=challenge.key_id),
        person=person_handle(challenge.user.pk),
        others=lambda: enrolments.addresses(challenge.user.pk, enrolment.method),
        reference=challenge.reference,
        mode=challenge.mode,
        now=now,
        code=codes_of_texts_calls_and_emails.derive(generation=generation or challenge.generation, **key),
        match_code=codes_of_texts_calls_and_emails.match_code(**key),
        address=enrolment.address,
        secret=enrolment.secret,
        counter=enrolment.counter,
        data=enrolment.data,
        account=str(challenge.user.get_username()),
        is_enrolment=not enrolment.confirmed,
        find=lambda first: _find(enrolment.pk, first),
    )


def person_handle(user_id: int) -> bytes:
    """Return a person's opaque user handle. Shape: 32 bytes. Source: WebAuthn L3, 14.6.1."""
    return hashlib.sha256(f"person:{user_id}".encode()).digest()


def _find(enrolment_id: int, first: str) -> FoundCode | None:
    prefixes = crypto.digests("single_use_code", first)
    row = SingleUseCode.objects.filter(enrolment_id=enrolment_id, prefix_digest__in=prefixes).first()
    return FoundCode(id=row.pk, hash=row.hash, is_used=row.used_at is not None) if row else None
