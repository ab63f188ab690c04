"""Base class of the admin of toll fraud protection: a change takes effect immediately."""

from typing import Any

from django.http import HttpRequest

from accounts.admin_changes import ChangesAdmin
from accounts.support import administration_audit_events
from verification.audit import Event
from verification.limits import blocked_ranges, countries_and_prices, spending_limits


class GuardedAdmin(ChangesAdmin):
    """Base class for rows that control cost."""

    subject = "guard"
    added = changed = administration_audit_events.GUARD_CHANGED
    deleted = administration_audit_events.GUARD_DELETED
    guards = ""

    def record(self, request: HttpRequest, event: Event | None, row: Any, reason: str, **detail: Any) -> None:
        super().record(request, event, f"{self.guards} {row}", reason, **detail)

    def forget(self) -> None:
        countries_and_prices.forget()
        spending_limits.forget()
        blocked_ranges.forget()
