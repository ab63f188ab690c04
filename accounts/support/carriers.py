"""Where operators say who carries what where, and see which provider is passed over. Changes count within a second."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import facts, freshness
from accounts.desk import ROOMS, Room
from accounts.standing import AuthedRequest
from verification import audit, conf, outages
from verification.models import Circuit, Outage, Route

ROOMS += [
    Room("routes", _("Routes"), "admin:verification_route_changelist", "verification.view_route"),
    Room("outages", _("Outages"), "admin:verification_outage_changelist", "verification.view_outage"),
]


class FreshAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Rows that are changed one by one after a fresh proof, so that each change is written down by itself."""

    actions = None

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return freshness.required(super().changeform_view)(cast("AuthedRequest", request), *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return freshness.required(super().delete_view)(cast("AuthedRequest", request), *args, **kwargs)


@admin.register(Route)
class RouteAdmin(FreshAdmin):
    """Routes: changed after a fresh proof, as they decide through whose hands codes go."""

    list_display = ("kind", "everywhere_or_place", "order", "provider", "sender", "is_on")
    list_display_links = ("kind", "everywhere_or_place")
    list_filter = ("kind", "provider", "is_on")
    search_fields = ("place",)
    ordering = ("kind", "place", "order")

    @admin.display(description="to", ordering="place")
    def everywhere_or_place(self, obj: Route) -> str:
        return obj.place or "everywhere"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            names = [package.rsplit(".", 1)[-1] for package in conf.providers()]
            return forms.ChoiceField(label=db_field.verbose_name, choices=[(name, name) for name in names])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Route, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            audit.record("route.changed", user_id=None, actor_id=request.user.pk, **_about(request, obj))

    def delete_model(self, request: HttpRequest, obj: Route) -> None:
        with transaction.atomic():
            audit.record("route.deleted", user_id=None, actor_id=request.user.pk, **_about(request, obj))
            super().delete_model(request, obj)


def _about(request: HttpRequest, route: Route) -> dict[str, Any]:
    return {"facts": facts.read(request), "route": str(route), "order": route.order, "is_on": route.is_on}


@admin.register(Circuit)
class CircuitAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Providers that failed of late: to look at. Workers open and close them."""

    list_display = ("provider", "kind", "state", "why", "failures", "trips", "until_at", "changed_at")
    list_filter = ("state",)
    ordering = ("provider", "kind")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Outage)
class OutageAdmin(FreshAdmin):
    """The outage switch: pages lead elsewhere and say why, and nothing of it goes out while it lasts."""

    list_display = ("__str__", "starts_at", "ends_at", "words", "made_by")
    ordering = ("-starts_at",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            names = [package.rsplit(".", 1)[-1] for package in conf.providers()]
            choices = [("", "---------"), *((name, name) for name in names)]
            return forms.ChoiceField(label=db_field.verbose_name, choices=choices, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Outage, form: Any, change: bool) -> None:
        with transaction.atomic():
            obj.made_by = obj.made_by or cast("AuthedRequest", request).user
            super().save_model(request, obj, form, change)
            audit.record("outage.set", user_id=None, actor_id=request.user.pk, **_switch(request, obj))
        outages.forget()

    def delete_model(self, request: HttpRequest, obj: Outage) -> None:
        with transaction.atomic():
            audit.record("outage.ended", user_id=None, actor_id=request.user.pk, **_switch(request, obj))
            super().delete_model(request, obj)
        outages.forget()


def _switch(request: HttpRequest, outage: Outage) -> dict[str, Any]:
    until = outage.ends_at.isoformat() if outage.ends_at else ""
    return {"facts": facts.read(request), "outage": str(outage), "since": outage.starts_at.isoformat(), "until": until}
