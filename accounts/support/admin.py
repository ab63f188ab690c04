"""People in the admin: the desk's own pages in place of Django's lists and forms."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from accounts.desk import ROOMS, Room
from accounts.models import Scope, User
from accounts.support import urls

ROOMS += [
    Room("people", _("People"), "admin:accounts_user_changelist", "accounts.view_user"),
    Room("requests", _("Requests"), "admin:support-requests", "accounts.view_user"),
]


@admin.register(User)
class PeopleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """People: found, looked at and helped by the pages of the desk; never edited field by field."""

    def get_urls(self) -> list[URLPattern]:
        return urls.urls(self.admin_site)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Scope)
class ScopeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Which desk helps whom."""

    list_display = ("desk",)
    filter_horizontal = ("people",)
