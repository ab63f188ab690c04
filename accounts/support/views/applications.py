"""Views of applications: the list, one application, its form, and what ends or deletes it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import admin_changes, applications, request_context
from accounts.admin_changes import ReasonPage, Repeated
from accounts.applications import secret_rotation
from accounts.models import Application, OidcClient
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import people_in_desk_scopes, people_search
from accounts.support.applications import (
    application_changes,
    configurations_to_copy,
    connection_forms_and_details,
    contradictory_settings,
    list_of_applications,
    recent_use,
    try_as_a_person,
)
from accounts.support.applications.forms import ApplicationForm, age_words
from accounts.support.people_search import NotOnePerson
from accounts.support.views import page_layout
from verification import inputs, strengths
from verification.inputs import LineField

_HERE = "applications"


def _may(request: AuthedRequest, verb: str = "view") -> None:
    if not request.user.has_perm(f"accounts.{verb}_application"):
        raise PermissionDenied


def _application(slug: str) -> Application:
    return get_object_or_404(Application, slug=slug)


def index(request: AuthedRequest) -> HttpResponse:
    """List the applications of all kinds."""
    _may(request)
    words = inputs.shortened(request.GET.get("q", ""), max_length=64)
    kind = request.GET.get("kind", "")
    kind = kind if kind in list_of_applications.KINDS else ""
    with_services = request.user.has_perm("accounts.view_service")
    context = {
        "rows": list_of_applications.rows(words=words, kind=kind, with_services=with_services),
        "q": words,
        "kind": kind,
        "kinds": list_of_applications.KINDS.items(),
        "is_search": words or kind,
    }
    return page_layout.page(request, "applications/list.html", context, here=_HERE)


def choose(request: AuthedRequest) -> HttpResponse:
    """Ask how the new application will be connected."""
    _may(request, "add")
    return page_layout.page(request, "applications/choose.html", {}, here=_HERE)


def add(request: AuthedRequest, kind: str) -> HttpResponseBase:
    """Add an application of a kind, then lead to its configuration."""
    _may(request, "add")
    if kind not in Application.Kind.values:
        raise Http404
    return _form(request, Application(kind=kind))


def change(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Change an application. Its row is locked before it is read, so that the later of two changes sees the earlier."""
    _may(request, "change")
    with transaction.atomic():
        if request.method == "POST":
            Application.objects.select_for_update(no_key=True).filter(slug=slug).first()
        return _form(request, _application(slug))


def _form(request: AuthedRequest, application: Application) -> HttpResponseBase:
    is_new, sent = application.pk is None, request.method == "POST"
    data = request.POST if sent else None
    connection = connection_forms_and_details.form_for(application, data)
    former = connection.former if connection else {}
    form = ApplicationForm(data, request.FILES if sent else None, instance=application, connection=former)
    is_valid = sent and all([form.is_valid(), connection is None or connection.is_valid()])
    if is_valid:
        try:
            with transaction.atomic():
                secret = application_changes.save(form, connection, request.user, request_context.read(request))
        except Repeated:
            words = _("You’ve already sent this form, and it was applied. Open the page again.")
            form.add_error(None, forms.ValidationError(words, code="repeated"))
        else:
            messages.success(request, _("Saved: %(name)s.") % {"name": form.instance.name})
            if secret:
                return _configured(request, form.instance, secret)
            view = "admin:application-configuration" if is_new else "admin:application"
            return redirect(view, form.instance.slug)
    context = {
        "form": form,
        "connection": connection,
        "application": None if is_new else application,
        "kind": application.kind,
    }
    return page_layout.page(request, "applications/form.html", context, here=_HERE)


def configuration(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show the configuration for each program, without the secret."""
    _may(request)
    return _configured(request, _application(slug), "")


def _configured(request: AuthedRequest, application: Application, secret: str) -> HttpResponse:
    client, hosts = (
        connection_forms_and_details.client_of(application),
        connection_forms_and_details.hosts_of(application),
    )
    host = hosts[0].host if hosts else ""
    written = [
        (
            each,
            configurations_to_copy.written(each, application, host, client, secret),
            configurations_to_copy.REMARKS.get(each.key),
        )
        for each in configurations_to_copy.counterparts(application)
    ]
    context = {
        "application": application,
        "client": client,
        "secret": secret,
        "hosts": hosts,
        "proxies": connection_forms_and_details.proxies_of(application) if client is None else (),
        "configurations": written,
        "placeholder": configurations_to_copy.SECRET,
    }
    return page_layout.page(request, "applications/configuration.html", context, here=_HERE)


class TrialPersonForm(forms.Form):
    """Who would open an application."""

    person = LineField(
        label=gettext_lazy("Username or email address"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter a person.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )


def trial(request: AuthedRequest, slug: str) -> HttpResponse:
    """Say what would happen if a person opened an application, and what it would be told."""
    _may(request)
    if not request.user.has_perm("accounts.view_user"):
        raise PermissionDenied
    application = _application(slug)
    form = TrialPersonForm(request.GET if "person" in request.GET else None)
    found = None
    if form.is_bound and form.is_valid():
        try:
            person = people_search.only(people_in_desk_scopes.visible(request.user), form.cleaned_data["person"])
        except NotOnePerson as why:
            form.add_error("person", str(why))
        else:
            client = connection_forms_and_details.client_of(application)
            found = try_as_a_person.trial(application, person, client, request_context.read(request).now)
    context = {"application": application, "form": form, "trial": found}
    return page_layout.page(request, "applications/trial.html", context, here=_HERE)


def show(request: AuthedRequest, slug: str) -> HttpResponse:
    """Show one application: what it requires, who used it, and what can be done."""
    _may(request)
    application = _application(slug)
    now = request_context.read(request).now
    client = connection_forms_and_details.client_of(application)
    strength = strengths.named(application.strength)
    is_timed = application.max_age is not None
    context = {
        "application": application,
        "max_age": age_words(application.max_age),
        "remembered_counts": application.remembered_counts and strength.is_any_second_step and not is_timed,
        "initials": applications.initials(application.name),
        "kind_label": list_of_applications.KINDS[Application.Kind(application.kind)],
        "groups": application.groups.order_by("name"),
        "strength": strength,
        "usage": recent_use.usage(application, request.user, now=request_context.read(request).now),
        "details": connection_forms_and_details.details(application),
        "client": client,
        "has_former": client is not None and bool(client.former_ends_at and client.former_ends_at > now),
        "delivered": connection_forms_and_details.deliveries(client) if client else None,
        "contradictions": contradictory_settings.of(application),
    }
    return page_layout.page(request, "applications/show.html", context, here=_HERE)


def _asked(
    application: Application, button: str, lines: tuple[str, ...], *, is_destructive: bool = True, back: str = ""
) -> ReasonPage:
    return ReasonPage(
        title=f"{button}: {application.name}",
        button=button,
        back=back or resolve_url("admin:application", application.slug),
        here=_HERE,
        lines=lines,
        is_destructive=is_destructive,
    )


def _people(application: Application, request: AuthedRequest) -> str:
    found = recent_use.usage(application, request.user, now=request_context.read(request).now)
    if not found.n_running:
        return _("Nobody is signed in to it now.")
    if not applications.is_told(application):
        words = ngettext(
            "%(n)d session ends here. The application isn’t notified, because it has no back-channel logout address. "
            "People may stay signed in there until its own session ends.",
            "%(n)d sessions end here. The application isn’t notified, because it has no back-channel logout address. "
            "People may stay signed in there until its own sessions end.",
            found.n_running,
        )
        return words % {"n": found.n_running}
    if found.is_more:
        return _("More than %(n)d sessions end, and these people are signed out of it.") % {"n": found.n_running}
    words = ngettext(
        "%(n)d session ends, and this person is signed out of it.",
        "%(n)d sessions end, and these people are signed out of it.",
        found.n_running,
    )
    return words % {"n": found.n_running}


def end(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """End all sessions of an application."""
    _may(request, "change")
    application = _application(slug)

    def run(reason: str) -> None:
        n = application_changes.end_all(application, request.user, request_context.read(request), reason)
        words = ngettext("%(n)d session ended.", "%(n)d sessions ended.", n) % {"n": n}
        messages.success(request, words)

    lines = (_people(application, request), _("They can open it again, and sign in if that is needed."))
    return admin_changes.with_reason(request, _asked(application, _("End all sessions"), lines), run)


def switch_off(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Switch an application off."""
    _may(request, "change")
    application = _application(slug)

    def run(reason: str) -> None:
        application_changes.switch(application, request.user, request_context.read(request), reason, is_on=False)
        messages.success(request, _("Switched off: %(name)s.") % {"name": application.name})

    lines = (
        _("Nobody can open it until you switch it on again, and nobody sees its tile."),
        _people(application, request),
    )
    return admin_changes.with_reason(request, _asked(application, _("Switch off"), lines), run)


def switch_on(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Switch an application on again."""
    _may(request, "change")
    application = _application(slug)

    def run(reason: str) -> None:
        application_changes.switch(application, request.user, request_context.read(request), reason, is_on=True)
        messages.success(request, _("Switched on: %(name)s.") % {"name": application.name})

    lines = (_("People who may use it can open it, and see its tile."),)
    return admin_changes.with_reason(request, _asked(application, _("Switch on"), lines, is_destructive=False), run)


def delete(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Delete an application that is switched off."""
    _may(request, "delete")
    application = _application(slug)
    if application.is_active:
        messages.info(request, _("Switch the application off first. That also ends its sessions."))
        return redirect("admin:application", slug)

    def run(reason: str) -> HttpResponse:
        application_changes.delete(application, request.user, request_context.read(request), reason)
        messages.success(request, _("Deleted: %(name)s.") % {"name": application.name})
        return redirect("admin:accounts_application_changelist")

    lines = (
        _("Its settings, its secrets and the list of who used it are deleted. You can’t undo this."),
        _("The audit log stays as it is."),
    )
    return admin_changes.with_reason(request, _asked(application, _("Delete application"), lines), run)


# The secret and the sign-outs of a client of OpenID Connect ---------------------------------------------------------


def _client(slug: str) -> OidcClient:
    return get_object_or_404(OidcClient.objects.select_related("application"), application__slug=slug)


def renew_secret(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Give an application a new secret, and show it once."""
    _may(request, "change")
    client = _client(slug)
    if client.is_public:
        raise Http404

    def run(reason: str) -> HttpResponse:
        context = request_context.read(request)
        secret = application_changes.renew_secret(
            client, request.user, context, reason, overlap=secret_rotation.OVERLAP
        )
        return _configured(request, client.application, secret)

    lines = (
        _("You see the new secret once, on the next page. Put it into the application’s configuration."),
        _("The current secret keeps working for %(n)d days. Any older one stops working now.")
        % {"n": secret_rotation.OVERLAP.days},
    )
    asked = _asked(client.application, _("Renew secret"), lines, is_destructive=False)
    return admin_changes.with_reason(request, asked, run)


def end_former_secret(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Revoke the old secret of an application before its overlap is over."""
    _may(request, "change")
    client = _client(slug)

    def run(reason: str) -> None:
        application_changes.end_former_secret(client, request.user, request_context.read(request), reason)
        messages.success(request, _("Only the newest secret works now."))

    lines = (_("If the application still uses the old secret, nobody can sign in to it any more."),)
    return admin_changes.with_reason(request, _asked(client.application, _("Revoke old secret"), lines), run)


def send_again(request: AuthedRequest, slug: str) -> HttpResponseBase:
    """Send sign-outs again that the application never confirmed."""
    _may(request, "change")
    client = _client(slug)

    def run(reason: str) -> None:
        n = application_changes.send_again(client, request.user, request_context.read(request), reason)
        messages.success(request, ngettext("%(n)d sign-out is sent again.", "%(n)d are sent again.", n) % {"n": n})

    lines = (_("We notify the application again of every sign-out that it didn’t confirm."),)
    asked = _asked(client.application, _("Send sign-outs again"), lines, is_destructive=False)
    return admin_changes.with_reason(request, asked, run)
