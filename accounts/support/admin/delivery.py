"""Delivery in the admin: routes, circuit breakers and outages. Changes take effect within a second."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ChangesAdmin, ReadOnlyAdmin
from accounts.session_assurance import AuthedRequest
from accounts.support import change_events
from verification import conf
from verification.delivery.routing import outages
from verification.models import Circuit, Outage, Route


@admin.register(Route)
class RouteAdmin(ChangesAdmin):
    """Routes. Changing one needs a recent verification, because it decides through whose hands codes go."""

    subject = "route"
    added, changed, deleted = change_events.ROUTE_ADDED, change_events.ROUTE_CHANGED, change_events.ROUTE_DELETED
    list_display = ("kind", "everywhere_or_place", "order", "provider", "sender", "is_on")
    list_display_links = ("kind", "everywhere_or_place")
    list_filter = ("kind", "provider", "is_on")
    search_fields = ("place",)
    ordering = ("kind", "place", "order")

    @admin.display(description=_("to"), ordering="place")
    def everywhere_or_place(self, obj: Route) -> str:
        return obj.place or gettext("everywhere")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            names = [package.rsplit(".", 1)[-1] for package in conf.providers()]
            return forms.ChoiceField(label=db_field.verbose_name, choices=[(name, name) for name in names])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin):
    """Circuit breakers of providers that failed recently. Read-only: workers open and close them."""

    list_display = ("provider", "kind", "state", "why", "code", "failures", "trips", "until_at", "changed_at")
    list_filter = ("state",)
    ordering = ("provider", "kind")


@admin.register(Outage)
class OutageAdmin(ChangesAdmin):
    """Outages. While one lasts, pages offer other options and explain why, and nothing is sent that way."""

    subject = "outage"
    added = changed = change_events.OUTAGE_SET
    deleted = change_events.OUTAGE_ENDED
    list_display = ("__str__", "starts_at", "ends_at", "words", "made_by")
    ordering = ("-starts_at",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            names = [package.rsplit(".", 1)[-1] for package in conf.providers()]
            choices = [("", "---------"), *((name, name) for name in names)]
            return forms.ChoiceField(label=db_field.verbose_name, choices=choices, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Outage, form: Any, change: bool) -> None:
        obj.made_by = obj.made_by or cast("AuthedRequest", request).user
        super().save_model(request, obj, form, change)

    def forget(self) -> None:
        outages.forget()
