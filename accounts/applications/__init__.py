"""Applications: who may use them, who is signed in to them, and what ends that."""

from accounts.applications import audit_events, secret_rotation, session_revocation
from accounts.applications.access_reasons_in_audit_log import AccessReason
from accounts.applications.application_sessions import (
    Receiver,
    ReportedVerification,
    end,
    end_these,
    is_told,
    on_end,
    open,  # noqa: A004  (read as applications.open)
    purge,
    running,
    sign_out,
)
from accounts.applications.audited_refusals import asked, refused
from accounts.applications.initials import initials
from accounts.applications.session_revocation import delete_sessions
from accounts.applications.usable_applications import may_use, named, usable_by

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
    "secret_rotation",
    "session_revocation",
    "sign_out",
    "usable_by",
]
