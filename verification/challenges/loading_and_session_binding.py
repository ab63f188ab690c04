"""Loads a challenge and binds it to its session, and builds what methods and audit events get to see of it."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from verification import enrolments, method_registry, notices
from verification.context import Context
from verification.db.compiled_queries import BindParam, Computed, Insert, Select
from verification.keys import crypto, one_time_codes
from verification.method_base import ChallengeData, FoundCode
from verification.models import Challenge, Message, SingleUseCode
from verification.models.challenges import MAX_NUMBER
from verification.models.user_protocol import Person
from verification.outcomes import Outcome, Verdict

_HANDLE, _BINDING = BindParam("handle"), BindParam("binding")
_LOAD = Select(lambda: Challenge.objects.select_related("enrolment", "user").filter(handle=_HANDLE, binding=_BINDING))
NEWEST = Select(lambda: Message.objects.filter(challenge=BindParam("challenge")).order_by("-generation", "-id")[:1])

# A live challenge, and one that another request writes at the same time, have this number already. At the most that
# the column can hold, the number stays the same, so the session gets no further challenge.
_NUMBER = f"""
    SELECT CASE WHEN next.n > {MAX_NUMBER} THEN {MAX_NUMBER} ELSE next.n END FROM (
        SELECT COALESCE(MAX(c.number), 0) + 1
            - COALESCE(MAX(CASE WHEN c.state IN ('open', 'approved') AND c.expires_at > %s THEN 1 ELSE 0 END), 0) AS n
        FROM verification_challenge c WHERE c.binding = %s AND c.purpose = %s) next"""  # noqa: S608  (a number of ours)
ADD = Insert(Challenge, number=Computed(_NUMBER, ("issued_at", "binding", "purpose")))


def next_number(challenge: Challenge, now: datetime) -> RawSQL:
    """Return the number of an older challenge that becomes the session's live one again."""
    values = (connection.ops.adapt_datetimefield_value(now), challenge.binding, str(challenge.purpose))
    return RawSQL(f"({_NUMBER})", values)  # noqa: S611  (only placeholders are put in)


def of_binding(user: Person, binding: str) -> QuerySet[Challenge]:
    """Return the challenges of one sign-in or one session."""
    return Challenge.objects.filter(user=user.pk, binding=bind(binding))


def bind(binding: str) -> str:
    """Return the digest of a session's binding, as it is stored. Shape: 32 hex digits (128 bits)."""
    return crypto.digest("challenge.binding", binding)[:32]


def load(handle: str, binding: str, *, loaded: Challenge | None = None) -> Challenge | None:
    """Load a challenge of this session. None if there is none, or if no answer to it can be checked.

    That is when its enrolment can't be decrypted, or its method is no longer installed.

    `loaded` is a challenge that the caller has just read with its enrolment and person. It is used if it matches.
    """
    bound = bind(binding)
    is_loaded = loaded is not None and (loaded.handle, loaded.binding) == (handle, bound)
    found = loaded if is_loaded else _LOAD.first(handle=handle, binding=bound) if handle else None
    if found is None or not method_registry.is_installed(found.enrolment.method):
        return None
    return found if found.enrolment.opens else None


def audit_detail(challenge: Challenge) -> dict[str, Any]:
    """Return what audit events say about a challenge."""
    return {
        "challenge": challenge.handle,
        "purpose": str(challenge.purpose),
        "method": challenge.enrolment.method,
        "enrolment": challenge.enrolment.ref,
        "reference": challenge.reference,
    }


def outcome(challenge: Challenge, verdict: Verdict, **more: Any) -> Outcome:
    """Return an outcome of a challenge."""
    return Outcome(
        verdict=verdict,
        handle=challenge.handle,
        method=challenge.enrolment.method,
        enrolment=challenge.enrolment,
        user=challenge.user,
        **more,
    )


def notify_owner(challenge: Challenge, kind: str, context: Context, *, n: str = "", days: str = "") -> None:
    """Notify the person of a challenge."""
    label = enrolments.label(challenge.enrolment)
    notices.notify(challenge.user, kind, now=context.now, context=context, label=label, n=n, days=days)


def data_for_method(challenge: Challenge, *, now: datetime, generation: int = 0) -> ChallengeData:
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
        code=one_time_codes.derive(generation=generation or challenge.generation, **key),
        match_code=one_time_codes.match_code(**key),
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
