"""Turns audit events into lines of account activity, for their user or for staff.

The words of each are declared with the event, in the modules whose names end in `audit_events`. Which kinds of events a
user sees is decided by their class: see `verification.audit.events_shown_to_people`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from verification import audit, method_registry
from verification.audit import Details
from verification.browsers import user_agents
from verification.method_capabilities import Passwordless
from verification.models import AuditEvent


@dataclass(frozen=True)
class ActivityEntry:
    """One line of the activity page. `is_mine_to_deny` means that somebody else may have done it."""

    id: int
    ref: str
    at: datetime
    icon: str
    title: str
    text: str
    browser: str
    network: str
    kind: str
    is_mine_to_deny: bool


def entries(events: list[AuditEvent], *, is_own: bool = True) -> list[ActivityEntry]:
    """Turn audit events into lines, for the user or for staff. Events that no user sees are left out."""
    found = []
    for event in events:
        declaration = audit.find_user_event(event.kind)
        if declaration is None:
            continue
        details = _details(event.said)
        found.append(
            ActivityEntry(
                id=event.pk,
                ref=event.ref,
                at=event.at,
                icon=declaration.icon,
                title=declaration.title_for(is_own=is_own),
                text=declaration.text_for(details, is_own=is_own),
                browser=user_agents.name(event.agent) if event.agent else "",
                network=event.network,
                kind=str(declaration.severity_of(details)),
                is_mine_to_deny=declaration.is_deniable,
            )
        )
    return found


def _details(said: Mapping[str, Any]) -> Details:
    name = said.get("method", "")
    if not method_registry.is_installed(name):
        return Details(said, method=_("a former method"))
    return Details(
        said, method=str(method_registry.method(name).label), is_passwordless=method_registry.has(name, Passwordless)
    )
