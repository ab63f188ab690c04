"""Directories in the admin: their servers, how people are found in them, and a test of each step."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import ldap_directories, request_context
from accounts.admin_changes import ChangeForm, ChangesAdmin, ReasonPage, acts, with_reason
from accounts.admin_site import AdminWords
from accounts.default_ldap_filters_and_attributes import FILTERS_AND_ATTRIBUTES
from accounts.ldap_directories import connection_test
from accounts.models import Directory, User
from accounts.models.directories import DirectoryKind
from accounts.models.people import fold
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import (
    administration_audit_events,
    directory_disconnection,
    directory_sync_pages,
    people_in_desk_scopes,
    scim,
)
from verification.inputs import LineField
from verification.policies import Lines

_ASKED = _("We ask its servers for people and groups, and they check passwords.")
_EXPLAIN: Mapping[DirectoryKind, object] = {
    DirectoryKind.OPENLDAP: _ASKED,
    DirectoryKind.ACTIVE_DIRECTORY: _ASKED,
    DirectoryKind.SCIM: _("It sends people and groups to us. They set a password here."),
}


# What each LDAP directory needs. The columns may be empty, because a SCIM client has none of it.
_NEEDED = {
    "servers": _("Enter at least one server."),
    "account": _("Enter the service account."),
    "account_password": _("Enter the password of the service account."),
    "base": _("Enter the base DN of people."),
}


# What decides who gets the password of the service account, and who could read it on the way.
_WHERE_TO = {"servers", "encryption", "ca", "account"}


class DirectoryForm(ChangeForm):
    """A directory. Empty names of attributes become the usual ones of its kind.

    `new_kind` is the kind of one that is added. It stays what it is.
    """

    new_kind = ""

    servers = Lines(
        label=_("servers"),
        required=False,
        help_text=_("One host name per line, with a port if it isn’t the usual one. We try them in this order."),
    )
    account_password = forms.CharField(
        label=_("password of the service account"),
        strip=False,
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        if is_new:
            self.instance.kind = self.new_kind
        self.fields["account_password"].help_text = (
            gettext("We store it encrypted.") if is_new else gettext("Leave it empty to keep the current one.")
        )
        if "ca" not in self.fields:  # someone who may only view it, or it has no servers
            return
        self.fields["ca"].widget.attrs["rows"] = 4
        for name in ("servers", "account", "base", *(("account_password",) if is_new else ())):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = _NEEDED[name]
        if self.instance.kind == DirectoryKind.ACTIVE_DIRECTORY:
            self._explain("account", gettext("Active Directory also takes two-step@example.org."))
        for name, usual in FILTERS_AND_ATTRIBUTES[self.instance.kind].items():
            self._explain(name, gettext("Leave this empty to use %(usual)s.") % {"usual": usual})

    def _explain(self, name: str, more: str) -> None:
        self.fields[name].help_text = f"{self.fields[name].help_text} {more}".strip()

    def clean_servers(self) -> list[str]:
        return self.cleaned_data["servers"] or []

    def clean(self) -> dict[str, Any] | None:
        """Fill in the usual names of attributes, and check that a stored password isn't sent elsewhere.

        No page shows the password of the service account, but an administrator could have it sent to a server of their
        own (LDAP pass-back). So a change of where or how it is sent needs the password again.
        """
        cleaned = super().clean()
        is_sent_elsewhere = self.instance.pk is not None and _WHERE_TO & set(self.changed_data)
        if is_sent_elsewhere and self.instance.checks_passwords and not self.cleaned_data.get("account_password"):
            self.add_error("account_password", _("Enter it again, because you changed where or how it’s sent."))
        for name, value in FILTERS_AND_ATTRIBUTES.get(self.instance.kind, {}).items():
            if name not in self.errors and not self.cleaned_data.get(name):
                self.cleaned_data[name] = value
        return cleaned


class TestForm(forms.Form):
    """The person to look up in a test of a directory."""

    __test__ = False  # pytest would take it for a test

    username = LineField(
        label=_("Username"), required=False, max_length=150, help_text=_("Leave it empty to test only the connection.")
    )
    password = forms.CharField(
        label=_("Their password"),
        strip=False,
        required=False,
        max_length=1000,
        help_text=_(
            "Leave it empty to look the person up without checking a password. The directory counts an incorrect one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, staff: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_username(self) -> str:
        """Refuse people of another desk: the test shows their name and email address."""
        name: str = self.cleaned_data["username"]
        people = people_in_desk_scopes.visible(self.staff).filter(username=fold(name))
        if name and people_in_desk_scopes.is_scoped(self.staff) and not people.exists():
            raise forms.ValidationError(gettext("You can’t help anyone with this username."))
        return name


@admin.register(Directory)
class DirectoryAdmin(ChangesAdmin):
    """Directories. A change takes effect within seconds on every host."""

    form = DirectoryForm
    subject = "directory"
    added, changed = administration_audit_events.DIRECTORY_MADE, administration_audit_events.DIRECTORY_CHANGED
    deleted = administration_audit_events.DIRECTORY_DELETED
    change_form_template = "accounts/admin/directory_form.html"
    list_display = ("name", "kind", "servers_shown", "position", "is_active", "reading_shown")
    flags = {"is_active": (_("Active"), _("Switched off")), "adds_people": (_("Added"), _("Not added"))}
    headings = {"is_active": _("state")}
    ordering = ("position", "name")
    words = AdminWords(
        heading=_("Directories"),
        lead=_(
            "Where people come from: LDAP servers, which also check their passwords, and SCIM clients. Everyone who is "
            "in no LDAP directory has a password here."
        ),
        add=_("Add a directory"),
        form_lead=_("A change takes effect within seconds on every host."),
        empty=_("No directories yet"),
        empty_text=_(
            "Add your OpenLDAP or Active Directory to let people sign in with the password they have, or let Entra ID "
            "or Okta send them by SCIM."
        ),
        delete=_("Delete directory"),
        delete_effect=_("Nobody can sign in with a password of this directory any more."),
    )
    sections = (
        (None, ("name", "kind", "is_active", "position", "link_by", "invites_people")),
        (_("Servers"), ("servers", "encryption", "ca", "account", "account_password")),
        (
            _("People"),
            (
                "base",
                "person_filter",
                "username_attribute",
                "name_attribute",
                "email_attribute",
                "adds_people",
            ),
        ),
        (
            _("Reading people and groups"),
            (
                "sync_minutes",
                "disabled_filter",
                "mobile_attribute",
                "office_attribute",
                "language_attribute",
                "group_base",
                "group_filter",
            ),
        ),
        (_("Passwords"), ("max_failures", "failure_minutes", "password_url")),
    )
    fields = tuple(name for _title, names in sections for name in names)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        _own, *reason = super().get_fieldsets(request, obj)
        kind = obj.kind if obj else request.GET.get("kind")
        sections = self.sections[:1] if kind == DirectoryKind.SCIM else self.sections
        return [*((title, {"fields": names}) for title, names in sections), *reason]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A directory's kind never changes: its people have passwords either there or here, and ids of that kind."""
        return (*super().get_readonly_fields(request, obj), "kind")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)  # of the class that `form` names
        form.new_kind = request.GET.get("kind", "")
        return form

    def _changeform_view(self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any) -> Any:
        """Ask for the kind of a new directory first, because each kind has other fields."""
        if object_id is None and request.GET.get("kind") not in DirectoryKind.values:
            return self._choose(request)
        return super()._changeform_view(request, object_id, form_url, extra_context)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.words.add,
            "back": reverse("admin:accounts_directory_changelist"),
            "words": self.words,
            "kinds": [(kind.value, kind.label, words) for kind, words in _EXPLAIN.items()],
        }
        return render(request, "accounts/admin/directory_choose_kind.html", context)

    def response_add(self, request: HttpRequest, obj: Directory, post_url_continue: str | None = None) -> HttpResponse:
        """Lead to the next step: a test of LDAP servers, or the token that a SCIM client needs."""
        super().response_add(request, obj, post_url_continue)  # for its message
        return redirect("admin:accounts_directory_test" if obj.checks_passwords else "admin:directory-scim", obj.pk)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("servers"))
    def servers_shown(self, obj: Directory) -> str:
        return ", ".join(obj.servers)

    @admin.display(description=_("people and groups"))
    def reading_shown(self, obj: Directory) -> str:
        return directory_sync_pages.in_short(obj, timezone.now())

    def save_model(self, request: HttpRequest, obj: Directory, form: Any, change: bool) -> None:
        if password := form.cleaned_data.get("account_password"):
            ldap_directories.seal_password(obj, password)
        super().save_model(request, obj, form, change)

    def forget(self) -> None:
        ldap_directories.forget()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People and groups keep their directory: it can be deleted only once it has none."""
        is_empty = obj is None or not (obj.people.exists() or obj.groups.exists())
        return super().has_delete_permission(request, obj) and is_empty

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(cast("Any", acts(self.test)))
        disconnecting = self.admin_site.admin_view(cast("Any", acts(self.disconnect)))
        return [
            path("<int:pk>/test/", page, name="accounts_directory_test"),
            path("<int:pk>/disconnect/", disconnecting, name="directory-disconnect"),
            *directory_sync_pages.urls(self.admin_site),
            *scim.urls(self.admin_site),
            *super().get_urls(),
        ]

    def test(self, request: AuthedRequest, pk: int) -> HttpResponse:
        """Test a directory and show each step."""
        directory = get_object_or_404(Directory, pk=pk)
        if not self.has_change_permission(request, directory):
            raise PermissionDenied
        form, reports = TestForm(request.POST or None, staff=request.user), None
        if request.method == "POST" and form.is_valid():
            found = form.cleaned_data
            reports = connection_test.run(directory, username=found["username"], password=found["password"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Test %(directory)s") % {"directory": directory.name},
            "directory": directory,
            "back": reverse("admin:accounts_directory_change", args=(directory.pk,)),
            "form": form,
            "reports": reports,
            "is_good": bool(reports) and all(report.is_good for report in reports or ()),
        }
        return render(request, "accounts/admin/directory_test.html", context)

    def disconnect(self, request: AuthedRequest, pk: int) -> HttpResponseBase:
        """Let the people and groups of a directory stay as our own, so that it can be deleted."""
        directory = get_object_or_404(Directory, pk=pk)
        if not super().has_delete_permission(request, directory):
            raise PermissionDenied
        back = reverse("admin:accounts_directory_change", args=(pk,))

        def run(reason: str) -> None:
            context = request_context.read(request)
            directory_disconnection.disconnect(directory, request.user, context, reason=reason)
            messages.success(request, gettext("Disconnected. You can delete the directory now."))
            transaction.on_commit(self.forget)

        asked = ReasonPage(
            title=gettext("Disconnect %(directory)s") % {"directory": directory.name},
            button=gettext("Disconnect people and groups"),
            back=back,
            here="directories",
            lines=directory_disconnection.effects(directory),
            is_destructive=True,
        )
        return with_reason(request, asked, run)
