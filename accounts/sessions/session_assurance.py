"""The assurance of a session: who is signed in, how strongly they were verified, and when.

The portal, the admin and every integration ask here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import User
from accounts.sessions import session_store
from accounts.sessions.session_store import PLACE
from verification import policies
from verification.context import Context
from verification.policies import DecisionReason, Rules

KEY = "assurance"  # session key: epoch, methods verified with their times, reason; a few hundred bytes
PASSWORD = "password"  # noqa: S105  (not a secret: it is listed among the verified methods)


@dataclass(frozen=True, kw_only=True)
class Verification:
    """One method that was verified in a session, and when last. The password counts as a method."""

    method: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AuthenticationContext:
    """The authentication of a session: whose it is, what was verified in it and when, and from where.

    Shape: `ref` is `Session.ref`; `network` is where the person signed in from; `why` is the reason for the decision at
    sign-in; `until` is when it ends early, because a pass opened it.
    """

    ref: str
    user_id: int
    epoch: int
    verified: tuple[Verification, ...]
    network: str = ""
    why: str = ""
    until: datetime | None = None

    @property
    def is_remembered(self) -> bool:
        """Return whether a remembered browser stood in for the second step."""
        return self.why == DecisionReason.REMEMBERED

    @property
    def has_second_step(self) -> bool:
        """Return whether anything was verified beside the password."""
        return any(each.method != PASSWORD for each in self.verified)

    @property
    def newest(self) -> datetime | None:
        """Return when anything was last verified."""
        return max((each.at for each in self.verified), default=None)


@dataclass(frozen=True, kw_only=True)
class Assurance:
    """How far a session can be trusted.

    Shape: `proven_at` is the newest verification; `why` is the reason for the decision at sign-in; `is_proven` is true
    after a second step.
    """

    user: User | None = None
    proven_at: datetime | None = None
    is_proven: bool = False
    why: str = ""

    @property
    def is_signed_in(self) -> bool:
        return self.user is not None

    @property
    def why_skipped(self) -> str:
        """Say why the second step wasn't needed; empty if it was."""
        why = DecisionReason.read(self.why)
        return why.why_skipped if why else ""


class AuthedRequest(HttpRequest):
    """A request from a signed-in user."""

    user: User


def of(request: HttpRequest) -> Assurance:
    """Return the assurance of a request's session. A half signed-in session has none."""
    here = authentication(request)
    if here is None:
        return Assurance()
    return Assurance(
        user=cast("User", request.user),
        proven_at=here.newest,
        is_proven=here.has_second_step and DEVICE_ID_SESSION_KEY in request.session,
        why=here.why,
    )


def authentication(request: HttpRequest) -> AuthenticationContext | None:
    """Return what a request's session knows, or None if nobody is signed in by it any more."""
    user = request.user
    if not user.is_authenticated or not request.session.get(KEY):
        return None
    return read(request.session, user, ref=session_store.ref_of(request.session), now=timezone.now())


def read(data: Mapping[str, Any], user: User, *, ref: str, now: datetime) -> AuthenticationContext | None:
    """Return what the data of a session says, or None if it no longer counts for its user."""
    kept = data.get(KEY) or {}
    if kept.get("epoch") != user.epoch or "verified" not in kept or policies.refusal(user, now):
        return None
    until = _instant(kept["until"]) if "until" in kept else None
    if until is not None and until <= now:
        return None
    return AuthenticationContext(
        ref=ref,
        user_id=user.pk,
        epoch=user.epoch,
        verified=tuple(Verification(method=name, at=_instant(at)) for name, at in kept["verified"].items()),
        network=(data.get(PLACE) or {}).get("network", ""),
        why=kept["why"],
        until=until,
    )


def _instant(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, tz=UTC)


def keep(
    request: HttpRequest, user: User, *, verified: Mapping[str, datetime], why: str, until: datetime | None = None
) -> None:
    """Store in the session what was verified and when, in the user's current epoch, and optionally when that ends."""
    times = {method: at.timestamp() for method, at in verified.items()}
    kept: dict[str, Any] = {"epoch": user.epoch, "verified": times, "why": why}
    request.session[KEY] = kept | ({"until": until.timestamp()} if until else {})


def add(request: HttpRequest, user: User, method: str, *, at: datetime, until: datetime | None = None) -> None:
    """Add a verification to those that the session knows. A second step was done, so nothing stands in for it now."""
    here = authentication(request)
    former = {each.method: each.at for each in here.verified} if here is not None else {}
    keep(request, user, verified=former | {method: at}, why=DecisionReason.REQUIRED, until=until)


def place(request: HttpRequest, context: Context) -> None:
    """Store the browser and network in the session, so that the user can recognise it in the list of sign-ins."""
    request.session[PLACE] = {"agent": context.agent, "network": context.network}


def is_settled(here: AuthenticationContext) -> bool:
    """Return whether a session holds whatever policy says now, because nothing skipped its second step."""
    return here.has_second_step or here.why not in _UNPROVEN


def holds(here: AuthenticationContext, rules: Rules) -> bool:
    """Return whether the policy in force would still let the second step of a session be skipped, if it was."""
    return is_settled(here) or _UNPROVEN[here.why](rules, here.network)


# Reasons for skipping the second step at sign-in, and whether the current policy would still skip it.
_UNPROVEN: Mapping[str, Callable[[Rules, str], bool]] = {
    DecisionReason.REMEMBERED: lambda rules, _network: rules.remember_days > 0,
    DecisionReason.TRUSTED_NETWORK: lambda rules, network: policies.is_trusted(network, rules),
}
