"""Cost controls in the admin: open countries, spending limits, blocked number ranges, opted-out numbers."""

from decimal import Decimal
from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import request_context
from accounts.admin_changes import ChangesAdmin, spend
from accounts.session_assurance import AuthedRequest
from accounts.support import change_events
from verification import limits
from verification.audit import Event
from verification.limits import toll_fraud
from verification.models import BlockedRange, Country, OptOut, SpendingLimit


class _Guarded(ChangesAdmin):
    """Base class for rows that control cost."""

    subject = "guard"
    added = changed = change_events.GUARD_CHANGED
    deleted = change_events.GUARD_DELETED
    guards = ""

    def record(self, request: HttpRequest, event: Event | None, row: Any, reason: str, **detail: Any) -> None:
        super().record(request, event, f"{self.guards} {row}", reason, **detail)

    def forget(self) -> None:
        toll_fraud.forget()


@admin.register(Country)
class CountryAdmin(_Guarded):
    """Countries. Those not listed are closed, except the organisation's own."""

    guards = "country"
    list_display = ("code", "texts", "calls", "text_price", "call_price")
    ordering = ("code",)
    search_fields = ("code",)


@admin.register(SpendingLimit)
class SpendingLimitAdmin(_Guarded):
    """Spending limits, each with the amount spent so far."""

    guards = "spending limit"
    list_display = ("span", "alarm_at", "stop_at", "spent")
    ordering = ("span",)

    @admin.display(description=gettext_lazy("spent so far"))
    def spent(self, obj: SpendingLimit) -> str:
        limit = next((each for each in toll_fraud.spending_limits() if each.span == obj.span), None)
        if limit is None:
            return "–"
        thousandths = limits.spent(limit.span, limit.window, now=timezone.now())
        return f"{Decimal(thousandths) / toll_fraud.UNIT:.2f}"


@admin.register(BlockedRange)
class BlockedRangeAdmin(_Guarded):
    """Blocked number ranges. Staff can unblock one with a reason, but not create one by hand."""

    guards = "range"
    list_display = ("__str__", "is_warning", "n_sent", "n_proven", "began_at", "ends_at", "lifted_at", "lifted_by")
    ordering = ("-began_at",)
    fields = readonly_fields = (
        "range",
        "n_sent",
        "n_proven",
        "began_at",
        "ends_at",
        "lifted_at",
        "lifted_by",
        "why_lifted",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BlockedRange | None = None) -> bool:
        is_over = obj is not None and (obj.lifted_at is not None or obj.ends_at <= timezone.now())
        return not is_over and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: BlockedRange, form: Any, change: bool) -> None:
        spend(form)
        who = cast("AuthedRequest", request).user
        if not toll_fraud.lift(
            obj, staff_id=who.pk, why=form.cleaned_data["reason"], context=request_context.read(request)
        ):
            messages.warning(request, _("This range is already unblocked."))


@admin.register(OptOut)
class OptOutAdmin(_Guarded):
    """Numbers that opted out with STOP. Deleting one allows texts again, but the carrier may still refuse them."""

    guards = "number"
    list_display = ("hint", "provider", "at")
    ordering = ("-at",)
    fields = readonly_fields = ("hint", "provider", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
