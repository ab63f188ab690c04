"""People in the admin: the desk's own pages in place of Django's lists and forms."""

from functools import partial
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from accounts import facts, freshness
from accounts.desk import ROOMS, Room
from accounts.models import Scope, User
from accounts.standing import AuthedRequest
from accounts.support import policies, urls
from accounts.support.policies import PolicyForm
from accounts.support.views import pages
from verification.models import Policy

ROOMS += [
    Room("people", _("People"), "admin:accounts_user_changelist", "accounts.view_user"),
    Room("policies", _("Policies"), "admin:verification_policy_changelist", "verification.view_policy"),
    Room("requests", _("Requests"), "admin:support-requests", "accounts.view_user"),
    Room("deliveries", _("Deliveries"), "admin:deliveries", "verification.view_message"),
    Room("reports", _("Reports"), "admin:reports", "accounts.view_reports"),
    Room("imports", _("Import"), "admin:imports", "accounts.import_people"),
    Room("record", _("Record"), "admin:record", "verification.view_auditevent"),
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


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Policies: rehearsed before they count, and changed only after a fresh proof."""

    form = PolicyForm
    list_display = ("__str__", "rank", "remember_days", "app_passwords", "caller_check", "grace_days")
    ordering = ("rank",)
    add_form_template = change_form_template = "accounts/support/policy_form.html"

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return freshness.required(super().changeform_view)(cast("AuthedRequest", request), *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return freshness.required(super().delete_view)(cast("AuthedRequest", request), *args, **kwargs)

    def _changeform_view(self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any) -> HttpResponse:
        usual = partial(super()._changeform_view, request, object_id, form_url, extra_context)  # type: ignore[misc]  # not in the stubs
        if request.method != "POST" or "confirmed" in request.POST:
            return cast("HttpResponse", usual())
        found = self.get_object(request, object_id) if object_id else None
        form = self.get_form(request, found, change=bool(found))(request.POST, instance=found)
        if not form.is_valid():
            return cast("HttpResponse", usual())
        return self._rehearsed(request, form)

    def _rehearsed(self, request: HttpRequest, form: Any) -> HttpResponse:
        """Show what would happen, before anything does."""
        staff, now = cast("AuthedRequest", request).user, facts.read(request)
        before, after = policies.effect(form.instance, now)
        sent = [(n, v) for n, values in request.POST.lists() if n != "csrfmiddlewaretoken" for v in values]
        context = {
            "before": before,
            "after": after,
            "sent": sent,
            "policy": form.instance,
            "is_locked_out": policies.locks_out(staff, form.instance),
        }
        return pages.page(cast("AuthedRequest", request), "policy_rehearsed.html", context, here="policies")

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        staff = cast("AuthedRequest", request).user
        if policies.locks_out(staff, obj):
            raise PermissionDenied  # the page offered no button for it
        policies.save(obj, staff, facts.read(request))

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        policies.delete(obj, cast("AuthedRequest", request).user, facts.read(request))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}
