"""Numbers in the admin that opted out of texts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.admin_site import AdminWords
from accounts.support.admin.costs.base_admin_of_costs import GuardedAdmin
from verification.models import OptOut


@admin.register(OptOut)
class OptOutAdmin(GuardedAdmin):
    """Numbers that opted out with STOP. Deleting one allows texts again, but the carrier may still refuse them."""

    guards = "number"
    list_display = ("hint", "provider", "at")
    ordering = ("-at",)
    words = AdminWords(
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
