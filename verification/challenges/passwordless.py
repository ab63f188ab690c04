"""Sign-in without name and password, and what a browser is told of a person's keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from verification import enrolments, registry
from verification.capabilities import Passwordless, PublicKey
from verification.challenges import row
from verification.keys import crypto
from verification.method import Ask, Issue
from verification.models import Enrolment
from verification.models.handles import new_handle


def announce(user_id: int) -> tuple[Issue, ...]:
    """Say what the page of a person's methods tells their browser, such as which passkeys still count."""
    told = (
        method.announce(row.person_handle(user_id), enrolments.addresses(user_id, method.name))
        for method in registry.having(PublicKey)
    )
    return tuple(issue for issue in told if issue.page)


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What the first page of a sign-in shows for a method that needs neither name nor password."""

    method: str
    page: str
    show: Mapping[str, Any]
    nonce: str


def invite(now: datetime) -> Invitation | None:
    """Invite whoever holds a proof that stands alone. The session keeps the nonce, once, until an answer comes."""
    alone = registry.only(Passwordless)
    if alone is None:
        return None
    nonce = new_handle()
    random = crypto.mac("challenge.random", nonce)
    issue = alone.issue(Ask(reference="", mode="", now=now, code="", match_code="", random=random))
    return Invitation(method=alone.name, page=issue.page, show=issue.show, nonce=nonce)


def holder(text: str) -> Enrolment | None:
    """Find whose proof an answer to an invitation names. It proves nothing yet."""
    method = registry.only(Passwordless)
    address = method.names(method.read(text)) if method is not None else ""
    return enrolments.of_address(address, method=method.name) if method is not None and address else None
