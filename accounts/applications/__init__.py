"""Applications: who may use them, who is signed in to them, and what ends that."""

from accounts.applications import audit_events, secrets, session_ends
from accounts.applications.access_reasons import AccessReason
from accounts.applications.allowed import may_use, named, usable_by
from accounts.applications.audited_refusals import asked, refused
from accounts.applications.initials import initials
from accounts.applications.open_sessions import (
    Receiver,
    ReportedVerification,
    end,
    end_these,
    is_told,
    on_end,
    open,  # noqa: A004  (read as applications.open)
    purge,
    running,
)
from accounts.applications.session_ends import delete_sessions
from accounts.applications.sign_outs import sign_out

__all__ = [
    "AccessReason",
    "Receiver",
    "ReportedVerification",
    "asked",
    "audit_events",
    "delete_sessions",
    "end",
    "end_these",
    "initials",
    "is_told",
    "may_use",
    "named",
    "on_end",
    "open",
    "purge",
    "refused",
    "running",
    "secrets",
    "session_ends",
    "sign_out",
    "usable_by",
]
