"""Countries in the admin: which ones get texts and calls, and their prices."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from accounts.admin_site import AdminWords
from accounts.support.admin.costs.base_admin_of_costs import GuardedAdmin
from verification import phone_numbers
from verification.models import Country

_ALLOWED = (gettext_lazy("Allowed"), gettext_lazy("Blocked"))


@admin.register(Country)
class CountryAdmin(GuardedAdmin):
    """Countries. Those not listed aren’t allowed, except the organisation's own."""

    guards = "country"
    list_display = ("code", "name", "texts", "calls", "text_price", "call_price")
    ordering = ("code",)
    search_fields = ("code",)
    search_label = gettext_lazy("Country code, such as CH")
    flags = {"texts": _ALLOWED, "calls": _ALLOWED}
    headings = {"texts": gettext_lazy("texts"), "calls": gettext_lazy("calls")}
    words = AdminWords(
        heading=gettext_lazy("Countries"),
        lead=gettext_lazy(
            "Countries that texts and calls may go to, with the price of each. Other countries aren’t allowed, except "
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

    @admin.display(description=gettext_lazy("name"))
    def name(self, obj: Country) -> str:
        return phone_numbers.country_name(obj.code)
