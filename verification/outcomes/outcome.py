"""`Outcome`, the answer to every request to verification: a verdict and what a page needs to say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verification.models import Challenge, Enrolment
    from verification.models.user_protocol import Person


class Verdict(StrEnum):
    """How a request to the engine ended. One word each, and a help article for each."""

    PROVEN = "proven"
    ISSUED = "issued"
    PENDING = "pending"
    WRONG = "wrong"
    DRIFTED = "drifted"
    REPLACED = "replaced"
    MISREAD = "misread"
    USED = "used"
    EXPIRED = "expired"
    ENDED = "ended"
    WAIT = "wait"
    OFF = "off"
    DENIED = "denied"
    GONE = "gone"
    LIMITED = "limited"
    UNANSWERED = "unanswered"
    TOO_SOON = "too_soon"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    FULL = "full"
    COUNTRY_NOT_ALLOWED = "closed"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One answer of the engine: the verdict and what a page needs to say about it.

    Units: `retry_at` is aware, UTC.
    """

    verdict: Verdict
    handle: str = ""
    method: str = ""
    tries_left: int | None = None
    retry_at: datetime | None = None
    enrolment: "Enrolment | None" = None
    user: "Person | None" = None
    challenge: "Challenge | None" = None  # if this call issued it
    note: str = ""
    problems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: "VerdictText | None" = (
        None  # instead of the words for the verdict: a method's own for a wrong answer, or a call's
    )

    @classmethod
    def of(cls, challenge: "Challenge", verdict: Verdict, **more: Any) -> "Outcome":
        """Return an outcome of a challenge."""
        return cls(
            verdict=verdict,
            handle=challenge.handle,
            method=challenge.enrolment.method,
            enrolment=challenge.enrolment,
            user=challenge.user,
            **more,
        )

    @property
    def proven(self) -> bool:
        return self.verdict is Verdict.PROVEN

    @property
    def issued(self) -> bool:
        return self.verdict is Verdict.ISSUED


@dataclass(frozen=True)
class VerdictText:
    """A verdict as a person reads it: what happened, and what to do next."""

    title: str
    text: str
