"""A challenge as it is now, in plain values for pages. Reading it changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verification import enrolments, method_registry
from verification.challenges import attempts, challenge_data_given_to_methods, loading_and_session_binding
from verification.method_base import Mode
from verification.method_capabilities import Delivered, KeyedOnPhone, Resynchronised
from verification.models import Challenge, ChallengeState, Message, Purpose
from verification.models.user_protocol import Person


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page shows of a challenge."""

    handle: str
    user: Person
    account: str
    method: str
    label: str
    ref: str
    hint: str
    reference: str
    state: ChallengeState
    mode: str
    is_approval: bool
    is_enrolment: bool
    needs_delivery: bool
    is_numeric: bool
    explain: str
    icon: str
    match_code: str
    issued_at: datetime
    expires_at: datetime
    resend_at: datetime
    tries_left: int
    retry_at: datetime | None
    is_alive: bool
    is_expired: bool
    can_be_sent_again: bool
    modes: tuple[Mode, ...] = ()
    explain_setup: str = ""
    sent_page: str = ""
    resend_label: str = ""
    continue_label: str = ""
    page: str = ""
    is_own_form: bool = False
    may_be_remembered: bool = False
    code_label: str = ""
    if_refused: str = ""
    show: Mapping[str, Any] = field(default_factory=dict)
    enrol: Mapping[str, Any] = field(default_factory=dict)
    message: Message | None = None


def show(handle: str, *, binding: str, now: datetime, loaded: Challenge | None = None) -> Shown | None:
    """Return what a page shows of a challenge of this session, or None if there is no such challenge.

    `loaded` is the challenge that the caller has just read with its session, if there was one.
    """
    challenge = loading_and_session_binding.load(handle, binding, loaded=loaded)
    if challenge is None:
        return None
    method = method_registry.method(challenge.enrolment.method)
    data = challenge_data_given_to_methods.of_challenge(challenge, now=now)
    issue, is_delivered = method.issue(data), isinstance(method, Delivered)
    newest = loading_and_session_binding.NEWEST.first(challenge=challenge.pk) if is_delivered else None
    is_expired, has_tries = challenge.expires_at <= now, challenge.tries_left > 0
    is_open, is_approved = challenge.state == ChallengeState.OPEN, challenge.state == ChallengeState.APPROVED
    return Shown(
        handle=challenge.handle,
        user=challenge.user,
        account=str(challenge.user.get_username()),
        method=method.name,
        label=enrolments.label(challenge.enrolment),
        ref=challenge.enrolment.ref,
        hint=challenge.enrolment.hint,
        reference=challenge.reference,
        state=ChallengeState(challenge.state),
        mode=challenge.mode,
        is_approval=issue.is_approval,
        is_enrolment=challenge.purpose == Purpose.ENROL,
        needs_delivery=is_delivered,
        is_numeric=method.is_numeric,
        explain=str(method.explain),
        icon=method.icon,
        match_code=issue.match_code,
        issued_at=challenge.issued_at,
        expires_at=challenge.expires_at,
        resend_at=challenge.resend_at,
        tries_left=challenge.tries_left,
        retry_at=attempts.retry_at(challenge, now) if challenge.tries_left == 0 else None,
        is_alive=not is_expired and (is_approved or (is_open and has_tries)),
        is_expired=is_expired,
        can_be_sent_again=is_delivered and challenge.can_be_sent_again(now),
        modes=tuple(m for m in method.modes if m.key != challenge.mode),
        explain_setup=str(method.explain_setup),
        sent_page=method.sent_page if isinstance(method, Delivered) else "",
        resend_label=str(method.resend_label) if isinstance(method, Delivered) else "",
        continue_label=str(method.continue_label) if isinstance(method, KeyedOnPhone) else "",
        page=issue.page,
        is_own_form=issue.is_own_form,
        may_be_remembered=method.may_be_remembered and not data.is_enrolment,
        code_label=str(method.code_label),
        if_refused=str(method.if_refused) if isinstance(method, Resynchronised) else "",
        show=issue.show,
        enrol=issue.show if data.is_enrolment else {},
        message=newest,
    )
