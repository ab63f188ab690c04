"""Routes in the admin: which provider sends what where. Changes take effect within a second."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ChangesAdmin
from accounts.admin_site import AdminWords
from accounts.support import administration_audit_events
from verification import conf
from verification.models import Route


def provider_names() -> list[tuple[str, str]]:
    """Return the providers as choices of a form."""
    names = [package.rsplit(".", 1)[-1] for package in conf.providers()]
    return [(name, name) for name in names]


@admin.register(Route)
class RouteAdmin(ChangesAdmin):
    """Routes. Changing one needs a recent verification, because it decides which provider gets the codes."""

    subject = "route"
    added, changed, deleted = (
        administration_audit_events.ROUTE_ADDED,
        administration_audit_events.ROUTE_CHANGED,
        administration_audit_events.ROUTE_DELETED,
    )
    list_display = ("kind", "everywhere_or_place", "order", "provider", "sender", "is_on")
    list_display_links = ("kind", "everywhere_or_place")
    list_filter = ("kind", "provider", "is_on")
    search_fields = ("place",)
    search_label = _("Country or number prefix")
    ordering = ("kind", "place", "order")
    flags = {"is_on": (_("In use"), _("Switched off"))}
    headings = {"is_on": _("state")}
    words = AdminWords(
        heading=_("Routes"),
        lead=_(
            "Which provider sends which messages, and where to. The most specific place that matches a number applies. "
            "Of its routes, the one with the lowest number is tried first."
        ),
        add=_("Add a route"),
        form_lead=_("A change takes effect within a second."),
        empty=_("No routes yet"),
        empty_text=_("Until you add one, providers are tried in the order of the settings."),
        delete=_("Delete route"),
        delete_effect=_("Messages to this place use the remaining routes from now on."),
    )

    @admin.display(description=_("to"), ordering="place")
    def everywhere_or_place(self, obj: Route) -> str:
        return obj.place or gettext("Everywhere")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            return forms.ChoiceField(label=db_field.verbose_name, choices=provider_names())
        return super().formfield_for_dbfield(db_field, request, **kwargs)
