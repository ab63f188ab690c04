"""Delivery in the admin: routes, provider health and outages. Changes take effect within a second."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ChangesAdmin, ReadOnlyAdmin
from accounts.admin_site import Words
from accounts.session_assurance import AuthedRequest
from accounts.support import administration_audit_events, outage_effects
from verification import conf, time_format
from verification.delivery.routing import outages
from verification.models import Circuit, Outage, Reason, Route


def _provider_names() -> list[tuple[str, str]]:
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
    words = Words(
        heading=_("Routes"),
        lead=_(
            "Which provider carries which messages, and where to. The most exact place that matches a number decides. "
            "Of its routes, the one with the lowest order is tried first."
        ),
        add=_("Add a route"),
        form_lead=_("A change takes effect within a second."),
        empty=_("No routes yet"),
        empty_text=_("Until you add one, every provider is tried in the order of the settings."),
        delete=_("Delete route"),
        delete_effect=_("Messages to this place use the remaining routes from now on."),
    )

    @admin.display(description=_("to"), ordering="place")
    def everywhere_or_place(self, obj: Route) -> str:
        return obj.place or gettext("Everywhere")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            return forms.ChoiceField(label=db_field.verbose_name, choices=_provider_names())
        return super().formfield_for_dbfield(db_field, request, **kwargs)


# Why a circuit breaker opened: a reason of a message, or what the provider's figures of some minutes show.
_REASONS = {**dict(Reason.choices), "receipts": _("many messages not delivered"), "conversion": _("few codes entered")}


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin):
    """Circuit breakers of providers that failed recently. Read-only: workers open and close them."""

    list_display = ("provider", "kind", "state", "reason", "code", "failures", "until_at", "changed_at")
    list_filter = ("state",)
    ordering = ("provider", "kind")
    words = Words(
        heading=_("Provider health"),
        lead=_(
            "A provider that keeps failing is bypassed for a while, then tested with one message. This happens "
            "automatically. To switch a provider off yourself, add an outage."
        ),
        empty=_("All providers work"),
        empty_text=_("A provider is listed here after its first failure."),
    )

    @admin.display(description=_("reason"), ordering="why")
    def reason(self, obj: Circuit) -> str:
        known = {
            **dict(Reason.choices),
            "receipts": _("many messages not delivered"),
            "conversion": _("few codes entered"),
        }
        return str(known.get(obj.why, obj.why))


@admin.register(Outage)
class OutageAdmin(ChangesAdmin):
    """Outages. While one lasts, pages offer other methods and explain why, and nothing is sent that way."""

    subject = "outage"
    added = changed = administration_audit_events.OUTAGE_SET
    deleted = administration_audit_events.OUTAGE_ENDED
    list_display = ("__str__", "state", "starts_at", "until", "words_shown", "made_by")
    ordering = ("-starts_at",)
    words = Words(
        heading=_("Outages"),
        lead=_(
            "Switch texts, calls, emails or one provider off. Sign-in pages then offer other methods and say why. "
            "Delete an outage to end it."
        ),
        add=_("Add an outage"),
        form_lead=_("Choose what is switched off and for how long. You see what it does before it applies."),
        empty=_("Nothing is switched off"),
        empty_text=_("If a provider has trouble, add an outage so that people are told and use another method."),
        save=_("Preview"),
        delete=_("End outage"),
        delete_effect=_("Messages are sent again within a second."),
    )

    @admin.display(description=_("now"))
    def state(self, obj: Outage) -> str:
        now = timezone.now()
        if obj.ends_at and obj.ends_at <= now:
            return gettext("Over")
        return gettext("Planned") if obj.starts_at > now else gettext("Switched off")

    @admin.display(description=_("until"), ordering="ends_at")
    def until(self, obj: Outage) -> str:
        return time_format.short_moment(obj.ends_at) if obj.ends_at else gettext("someone ends it")

    @admin.display(description=_("message for people"))
    def words_shown(self, obj: Outage) -> str:
        return obj.words

    def effects(self, request: HttpRequest, row: Any) -> Sequence[str]:
        return outage_effects.effects(row, timezone.now())

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            choices = [("", _("One provider, chosen below")), *db_field.choices]
            return forms.ChoiceField(label=_("what is switched off"), choices=choices, required=False)
        if db_field.name == "provider":
            choices = [("", _("All providers")), *_provider_names()]
            return forms.ChoiceField(label=_("provider"), choices=choices, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Outage, form: Any, change: bool) -> None:
        obj.made_by = obj.made_by or cast("AuthedRequest", request).user
        super().save_model(request, obj, form, change)

    def forget(self) -> None:
        outages.forget()
