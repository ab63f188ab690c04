"""What administrators change of accounts in the admin."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts import app_passwords, catalogue, destinations, facts, freshness
from accounts.models import Service
from accounts.standing import AuthedRequest
from accounts.support.admin import PeopleAdmin, ScopeAdmin
from accounts.support.carriers import CircuitAdmin, OutageAdmin, RouteAdmin
from accounts.support.tolls import CapAdmin, CountryAdmin, OptOutAdmin, PauseAdmin

__all__ = [
    "CapAdmin",
    "CircuitAdmin",
    "CountryAdmin",
    "OptOutAdmin",
    "OutageAdmin",
    "PauseAdmin",
    "PeopleAdmin",
    "RouteAdmin",
    "ScopeAdmin",
    "ServiceAdmin",
]


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Services that ask about app passwords. A key is shown once, when the service is made or its key renewed."""

    list_display = ("name", "slug", "program", "is_active", "takes_password")
    fields = ("name", "slug", "program", "is_active", "takes_password", "upstream_host", "upstream_port")
    prepopulated_fields = {"slug": ("name",)}
    ordering = ("name",)
    actions = ("renew_key",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "program":
            programs = [(program.key, program.label) for program in catalogue.PROGRAMS.values()]
            return forms.ChoiceField(label=db_field.verbose_name, choices=programs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key = app_passwords.new_service_key(obj, facts.read(request), actor_id=request.user.pk)
        request.shown_key = key  # type: ignore[attr-defined]  # from here to `response_add`, within this one request

    def response_add(self, request: HttpRequest, obj: Service, post_url_continue: str | None = None) -> HttpResponse:
        return self._show(request, [(obj, request.shown_key)])  # type: ignore[attr-defined]

    @admin.action(description="Give a new key; the older one stops working", permissions=["change"])
    def renew_key(self, request: HttpRequest, queryset: QuerySet[Service]) -> HttpResponse:
        """Ask first: until the new key is in its configuration, a service lets nobody in."""
        if not freshness.is_fresh(request):
            return redirect(destinations.asking("signin:again", request.get_full_path()))
        if "confirmed" not in request.POST:
            more = {"queryset": queryset, "action_checkbox_name": ACTION_CHECKBOX_NAME}
            return self._page(request, "service_renew.html", title="New keys", **more)
        here, actor_id = facts.read(request), request.user.pk
        return self._show(
            request, [(one, app_passwords.new_service_key(one, here, actor_id=actor_id)) for one in queryset]
        )

    def _show(self, request: HttpRequest, shown: list[tuple[Service, str]]) -> HttpResponse:
        return self._page(request, "service_keys.html", title="The key, shown only now", shown=shown)

    def _page(self, request: HttpRequest, template: str, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **more}
        return TemplateResponse(request, f"accounts/admin/{template}", context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return freshness.required(super().changeform_view)(cast("AuthedRequest", request), *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return freshness.required(super().delete_view)(cast("AuthedRequest", request), *args, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the deletion of many at once: it would pass by the fresh proof."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}
