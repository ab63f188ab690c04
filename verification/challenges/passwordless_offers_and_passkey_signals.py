"""Offers of passwordless sign-in, and what browsers are told about a person's passkeys. It doesn't decide who may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verification import enrolments, method_registry
from verification.challenges import challenge_data_given_to_methods
from verification.keys import crypto
from verification.method_base import ChallengeData, Issue
from verification.method_capabilities import Passwordless, PublicKey
from verification.models import Enrolment
from verification.models.random_row_handles import new_handle


def announce(user_id: int) -> tuple[Issue, ...]:
    """Return what a page tells the person's browser about their keys, such as which passkeys still exist."""
    told = (
        method.announce(
            challenge_data_given_to_methods.person_handle(user_id), enrolments.addresses(user_id, method.name)
        )
        for method in method_registry.having(PublicKey)
    )
    return tuple(issue for issue in told if issue.page)


@dataclass(frozen=True, kw_only=True)
class PasswordlessOffer:
    """What the sign-in page offers to people with a passkey."""

    method: str
    page: str
    show: Mapping[str, Any]
    nonce: str


def offer_passwordless(now: datetime) -> PasswordlessOffer | None:
    """Offer passwordless sign-in, if a method offers it. The caller keeps the nonce until an answer comes."""
    method = method_registry.only(Passwordless)
    if method is None:
        return None
    nonce = new_handle()
    random = crypto.mac("challenge.random", nonce)
    issue = method.issue(ChallengeData(reference="", mode="", now=now, code="", match_code="", random=random))
    return PasswordlessOffer(method=method.name, page=issue.page, show=issue.show, nonce=nonce)


def holder(text: str) -> Enrolment | None:
    """Return the enrolment that an answer to an offer names. Nothing is verified yet."""
    method = method_registry.only(Passwordless)
    address = method.names(method.read(text)) if method is not None else ""
    return enrolments.of_address(address, method=method.name) if method is not None and address else None
