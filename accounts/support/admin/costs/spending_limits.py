"""Spending limits in the admin."""

from decimal import Decimal

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.admin_site import EMPTY, AdminWords
from accounts.support.admin.costs.base_admin_of_costs import GuardedAdmin
from verification import limits
from verification.limits import countries_and_prices, spending_limits
from verification.models import SpendingLimit


@admin.register(SpendingLimit)
class SpendingLimitAdmin(GuardedAdmin):
    """Spending limits, each with the amount spent so far."""

    guards = "spending limit"
    list_display = ("period", "spent", "alarm_at", "stop_at")
    ordering = ("span",)
    words = AdminWords(
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
        limit = next((each for each in spending_limits.in_force() if each.span == obj.span), None)
        if limit is None:
            return EMPTY
        thousandths = limits.spent(limit.span, limit.window, now=timezone.now())
        return f"{Decimal(thousandths) / countries_and_prices.UNIT:.2f}"
