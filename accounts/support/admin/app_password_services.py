"""Services that check app passwords, in the admin: their keys and what they are for."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts import app_passwords, request_context
from accounts.admin_changes import ChangesAdmin, RowAction
from accounts.admin_site import AdminWords
from accounts.app_passwords import audit_events, kinds_of_apps
from accounts.models import Service
from verification.models.random_row_handles import new_handle


@admin.register(Service)
class ServiceAdmin(ChangesAdmin):
    """Services that check app passwords. A key is shown once, when the service is created or its key renewed."""

    subject = "service"
    added, changed = audit_events.SERVICE_MADE, audit_events.SERVICE_CHANGED
    deleted = audit_events.SERVICE_DELETED
    list_display = ("name", "slug", "program_name", "is_active", "takes_password")
    flags = {"is_active": (_("Active"), _("Switched off"))}
    headings = {"is_active": _("state")}
    words = AdminWords(
        heading=_("App-password services"),
        lead=_("Programs that check app passwords with us, such as a mail server. Each has a key of its own."),
        add=_("Add a service"),
        form_lead=_("We show a service’s key only once: when you add the service, and when you renew its key."),
        empty=_("No services yet"),
        empty_text=_("Add a service to let people use app passwords with it."),
        delete=_("Delete service"),
        delete_effect=_("The service can’t check app passwords any more. Nobody can sign in to it with one."),
    )
    fields = ("name", "slug", "program", "is_active", "takes_password", "upstream_host", "upstream_port")
    ordering = ("name",)
    row_actions = {
        "renew_key": RowAction(
            label=_("Renew key"),
            explain=_(
                "The current keys stop working within seconds. Nobody can sign in to these services with an app "
                "password until the new keys are in their configuration."
            ),
            button=_("Renew key"),
            run="renew_keys",
        )
    }

    @admin.display(description=_("kind of app"), ordering="program")
    def program_name(self, obj: Service) -> str:
        known = kinds_of_apps.PROGRAMS.get(obj.program)
        return str(known.label) if known else obj.program

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "program":
            choices = [(program.key, program.label) for program in kinds_of_apps.PROGRAMS.values()]
            return forms.ChoiceField(label=db_field.verbose_name, choices=choices)
        if db_field.name == "upstream_port":
            kwargs |= {"min_value": 1, "max_value": 65_535}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def audit_name(self, row: Service) -> str:
        return row.slug

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        if not change:
            obj.key_digest = new_handle()  # a random placeholder: `response_add` creates the key
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Service, post_url_continue: str | None = None) -> HttpResponse:
        """Give a new service its key, in the transaction that added it, and show it once."""
        return self._show(request, [(obj, app_passwords.replace_service_key(obj))])

    def renew_keys(self, request: HttpRequest, rows: list[Service], reason: str) -> HttpResponse:
        """Give each service a new key. The service refuses everyone until the new key is in its configuration."""
        context, actor_id = request_context.read(request), request.user.pk
        return self._show(
            request,
            [(one, app_passwords.new_service_key(one, context, actor_id=actor_id, reason=reason)) for one in rows],
        )

    def _show(self, request: HttpRequest, shown: list[tuple[Service, str]]) -> HttpResponse:
        title = _("Your new key")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, "shown": shown}
        return TemplateResponse(request, "accounts/admin/service_keys.html", context)
