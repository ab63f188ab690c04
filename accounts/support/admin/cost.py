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
from accounts.admin_site import EMPTY, Words
from accounts.session_assurance import AuthedRequest
from accounts.support import administration_audit_events
from verification import limits
from verification.audit import Event
from verification.limits import toll_fraud
from verification.models import BlockedRange, Country, OptOut, SpendingLimit

_ALLOWED = (gettext_lazy("Allowed"), gettext_lazy("Blocked"))


class _Guarded(ChangesAdmin):
    """Base class for rows that control cost."""

    subject = "guard"
    added = changed = administration_audit_events.GUARD_CHANGED
    deleted = administration_audit_events.GUARD_DELETED
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
    search_label = gettext_lazy("Country code, such as CH")
    flags = {"texts": _ALLOWED, "calls": _ALLOWED}
    words = Words(
        heading=gettext_lazy("Countries"),
        lead=gettext_lazy(
            "Countries that texts and calls may go to, with the price of each. Other countries are closed, except "
            "your own."
        ),
        add=gettext_lazy("Add a country"),
        form_lead=gettext_lazy(
            "Prices count towards the spending limits. Without a price, the one in the settings is used."
        ),
        empty=gettext_lazy("Only your own country"),
        empty_text=gettext_lazy("Add a country when your people need texts or calls there."),
        delete=gettext_lazy("Delete country"),
        delete_effect=gettext_lazy("No texts or calls go there any more, unless it is your own country."),
    )


@admin.register(SpendingLimit)
class SpendingLimitAdmin(_Guarded):
    """Spending limits, each with the amount spent so far."""

    guards = "spending limit"
    list_display = ("period", "spent", "alarm_at", "stop_at")
    ordering = ("span",)
    words = Words(
        heading=gettext_lazy("Spending limits"),
        lead=gettext_lazy(
            "How much texts and calls may cost. At the first amount operators get an email. At the second, texts and "
            "calls stop until the period ends. Other methods keep working."
        ),
        add=gettext_lazy("Add a spending limit"),
        empty=gettext_lazy("No spending limits yet"),
        empty_text=gettext_lazy("Add one, so that a fault or fraud can’t run up a bill."),
        delete=gettext_lazy("Delete spending limit"),
        delete_effect=gettext_lazy("Spending in this period is no longer limited."),
    )

    @admin.display(description=gettext_lazy("period"), ordering="span")
    def period(self, obj: SpendingLimit) -> str:
        return obj.get_span_display().capitalize()

    @admin.display(description=gettext_lazy("spent so far"))
    def spent(self, obj: SpendingLimit) -> str:
        limit = next((each for each in toll_fraud.spending_limits() if each.span == obj.span), None)
        if limit is None:
            return EMPTY
        thousandths = limits.spent(limit.span, limit.window, now=timezone.now())
        return f"{Decimal(thousandths) / toll_fraud.UNIT:.2f}"


@admin.register(BlockedRange)
class BlockedRangeAdmin(_Guarded):
    """Blocked number ranges. Staff can unblock one with a reason, but not create one by hand."""

    guards = "range"
    list_display = ("__str__", "state", "entered", "began_at", "ends_at")
    ordering = ("-began_at",)
    words = Words(
        heading=gettext_lazy("Blocked ranges"),
        lead=gettext_lazy(
            "Number ranges that get no texts or calls for some hours, because hardly anyone there enters the codes. "
            "This pattern suggests fraud. A block ends automatically."
        ),
        form_lead=gettext_lazy("If these are your people, unblock the range: enter the reason and save."),
        empty=gettext_lazy("No range is blocked"),
        empty_text=gettext_lazy("Ranges are blocked automatically. You get an email when that happens."),
        save=gettext_lazy("Unblock range"),
    )

    @admin.display(description=gettext_lazy("now"))
    def state(self, obj: BlockedRange) -> str:
        if obj.lifted_at:
            return _("Unblocked by %(name)s") % {"name": obj.lifted_by or EMPTY}
        if obj.ends_at <= timezone.now():
            return _("Over")
        return _("Warning only") if obj.is_warning else _("Blocked")

    @admin.display(description=gettext_lazy("entered their code"))
    def entered(self, obj: BlockedRange) -> str:
        return _("%(n)d of %(all)d people") % {"n": obj.n_proven, "all": obj.n_sent}

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
    words = Words(
        heading=gettext_lazy("Opted-out numbers"),
        lead=gettext_lazy(
            "Numbers whose owner answered STOP to a text. They get no texts until the owner answers START."
        ),
        empty=gettext_lazy("Nobody has opted out"),
        empty_text=gettext_lazy("A number is listed here when its owner answers STOP."),
        delete=gettext_lazy("Delete opt-out"),
        delete_effect=gettext_lazy(
            "We send texts to this number again. The phone company may still refuse them until the owner answers START."
        ),
    )
    fields = readonly_fields = ("hint", "provider", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
