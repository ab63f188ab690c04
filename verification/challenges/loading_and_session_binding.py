"""Loads a challenge and binds it to its session. A session has one live challenge, and can answer only its own."""

from datetime import datetime

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from verification import method_registry
from verification.db.compiled_queries import BindParam, Computed, Insert, Select
from verification.keys import crypto
from verification.models import Challenge, Message
from verification.models.challenges import MAX_NUMBER
from verification.models.user_protocol import Person

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
