"""Staff pages for proxies and protected addresses, and the page that says what would be answered."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import access, admin_changes, request_context
from accounts.admin_changes import ChangesAdmin, RowAction
from accounts.admin_site import AdminWords
from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import protected_hosts, proxy_authentication
from accounts.models import ProtectedHost, Proxy
from accounts.models.people import fold
from accounts.support import administration_audit_events, people_in_desk_scopes
from accounts.support.applications import configurations_to_copy
from accounts.support.applications.check_access_at_proxy import explain
from accounts.support.applications.proxy_forms import ProtectedHostForm, ProxyForm, QuestionForm


@admin.register(Proxy)
class ProxyAdmin(ChangesAdmin):
    """Proxies. A secret is shown once, when the proxy is added or its secret renewed."""

    form = ProxyForm
    subject = "proxy"
    added, changed, deleted = (
        administration_audit_events.PROXY_ADDED,
        administration_audit_events.PROXY_CHANGED,
        administration_audit_events.PROXY_DELETED,
    )
    list_display = ("name", "slug", "program", "is_active")
    flags = {"is_active": (_("Active"), _("Switched off"))}
    headings = {"is_active": _("state")}
    ordering = ("name",)
    words = AdminWords(
        heading=_("Proxies"),
        lead=_("Web servers in front of applications. Each asks this service before it lets anyone in."),
        add=_("Add a proxy"),
        form_lead=_("We show its secret only once: when you add the proxy, and when you renew its secret."),
        empty=_("No proxies yet"),
        empty_text=_("Add a proxy to protect applications that can’t sign people in themselves."),
        delete=_("Delete proxy"),
        delete_effect=_("Nobody can open the applications behind it any more."),
    )
    row_actions = {
        "renew_secret": RowAction(
            label=_("Renew secret"),
            explain=format_lazy(
                _("The old secrets keep working for {n} days, so that you can replace them without a pause."),
                n=secret_rotation.OVERLAP.days,
            ),
            button=_("Renew secret"),
            run="renew_secrets",
        ),
        "end_former": RowAction(
            label=_("Revoke old secret"),
            explain=_("The old secrets stop working within seconds. Only the newest ones are accepted."),
            button=_("Revoke old secret"),
            run="end_former_secrets",
        ),
    }

    def get_urls(self) -> list[URLPattern]:
        view: Any = admin_changes.reads(self.explain)
        return [path("check/", self.admin_site.admin_view(view), name="forward-auth-check"), *super().get_urls()]

    def forget(self) -> None:
        proxy_authentication.forget()

    def response_add(self, request: HttpRequest, obj: Proxy, post_url_continue: str | None = None) -> HttpResponse:
        """Give a new proxy its secret, in the transaction that added it, and show it once."""
        now = request_context.read(request).now
        return self._show(request, [(obj, secret_rotation.renew(obj, proxy_authentication.PURPOSE, now))])

    def renew_secrets(self, request: HttpRequest, rows: list[Proxy], reason: str) -> HttpResponse:
        """Give each proxy a new secret. The old one works for some days."""
        now = request_context.read(request).now
        shown = [
            (row, secret_rotation.renew(row, proxy_authentication.PURPOSE, now, overlap=secret_rotation.OVERLAP))
            for row in rows
        ]
        for row in rows:
            self.record(request, administration_audit_events.PROXY_SECRET_RENEWED, row, reason)
        return self._show(request, shown)

    def end_former_secrets(self, request: HttpRequest, rows: list[Proxy], reason: str) -> None:
        """Revoke the old secret of each proxy that has one."""
        for row in rows:
            if secret_rotation.drop_former(row):
                self.record(request, administration_audit_events.PROXY_FORMER_SECRET_ENDED, row, reason)
        self.message_user(request, gettext("Only the newest secrets work now."))

    def _show(self, request: HttpRequest, shown: list[tuple[Proxy, str]]) -> HttpResponse:
        files = {program: f"deploy/{name}" for program, name in configurations_to_copy.FILES.items()}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Your new secret"),
            "shown": [(row, secret, files[Proxy.Program(row.program)]) for row, secret in shown],
        }
        return TemplateResponse(request, "accounts/admin/proxy_secrets.html", context)

    def explain(self, request: HttpRequest) -> HttpResponse:
        """Say what would be answered about a person and an address."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = QuestionForm(request.GET if "url" in request.GET else None)
        found = None
        if not request.user.has_perm("accounts.view_user"):
            del form.fields["username"]
        if form.is_valid():
            name = form.cleaned_data.get("username")
            user = people_in_desk_scopes.visible(request.user).filter(username=fold(name)).first() if name else None  # type: ignore[arg-type]  # staff
            if name and user is None:
                form.add_error("username", gettext("You can’t help anyone with this username."))
            else:
                now = request_context.read(request).now
                found = explain(form.cleaned_data["url"], user, form.cleaned_data["proxy"], now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Check an address"),
            "form": form,
            "found": found,
        }
        return TemplateResponse(request, "accounts/admin/check_access_at_proxy.html", context)


@admin.register(ProtectedHost)
class ProtectedHostAdmin(ChangesAdmin):
    """Hosts and paths behind proxies, and what visitors need there."""

    form = ProtectedHostForm
    subject = "address"
    added = administration_audit_events.PROTECTED_ADDRESS_ADDED
    changed = administration_audit_events.PROTECTED_ADDRESS_CHANGED
    deleted = administration_audit_events.PROTECTED_ADDRESS_DELETED
    list_display = ("host", "path_prefix", "application", "access", "strength")
    list_select_related = ("application",)
    search_fields = ("host",)
    search_label = _("Host")
    ordering = ("host", "path_prefix")
    words = AdminWords(
        heading=_("Protected addresses"),
        lead=_("Hosts and paths of applications behind a proxy. Nobody can open an address that isn’t listed here."),
        add=_("Add an address"),
        form_lead=_("Changes take effect within seconds."),
        empty=_("No protected addresses yet"),
        empty_text=_("Add an application that is behind a proxy. Then add its host here."),
        delete=_("Delete protected address"),
        delete_effect=_("Its pages follow the rule with the next shorter path. Without one, nobody can open them."),
    )

    def forget(self) -> None:
        protected_hosts.forget()
        access.forget()

    def effects(self, request: HttpRequest, row: ProtectedHost) -> Sequence[str]:
        """Warn about pages that everyone can open."""
        if row.access != ProtectedHost.Access.PUBLIC:
            return ()
        return [gettext("Everyone can open all pages below %(address)s, without signing in.") % {"address": row}]
