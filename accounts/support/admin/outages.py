"""Outages in the admin, with a preview. Changes take effect within a second."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin_changes import ChangesAdmin
from accounts.admin_site import AdminWords
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import administration_audit_events, outage_preview
from accounts.support.admin.routes import provider_names
from verification import time_format
from verification.delivery.routing import outages_in_force
from verification.models import Channel, Outage


@admin.register(Outage)
class OutageAdmin(ChangesAdmin):
    """Outages. While one lasts, pages offer other methods and explain why, and nothing is sent that way."""

    subject = "outage"
    added = changed = administration_audit_events.OUTAGE_SET
    deleted = administration_audit_events.OUTAGE_ENDED
    list_display = ("__str__", "state", "starts_at", "until", "words_shown", "made_by")
    ordering = ("-starts_at",)
    words = AdminWords(
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
        return time_format.short_moment(obj.ends_at) if obj.ends_at else gettext("Someone ends it")

    @admin.display(description=_("message for people"))
    def words_shown(self, obj: Outage) -> str:
        return obj.words

    def effects(self, request: HttpRequest, row: Any) -> Sequence[str]:
        return outage_preview.effects(row, timezone.now())

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            choices = [("", _("Only the provider below")), *((kind.value, kind.plural) for kind in Channel)]
            return forms.ChoiceField(label=_("what is switched off"), choices=choices, required=False)
        if db_field.name == "provider":
            choices = [("", _("None")), *provider_names()]
            return forms.ChoiceField(
                label=_("provider"),
                choices=choices,
                required=False,
                help_text=_(
                    "Choose a provider only if you chose “Only the provider below”. Other providers then take over."
                ),
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Outage, form: Any, change: bool) -> None:
        obj.made_by = obj.made_by or cast("AuthedRequest", request).user
        super().save_model(request, obj, form, change)

    def forget(self) -> None:
        outages_in_force.forget()
