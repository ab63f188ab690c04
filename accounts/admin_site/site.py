"""The site itself, its base class for pages, and the words that a table shows above its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access, redirects
from accounts.admin_site import menu as menus
from accounts.sessions import session_assurance
from accounts.signin.views import sign_out
from verification import inputs, time_format
from verification.lazy_text import LazyText


def frame(request: HttpRequest, here: str = "") -> dict[str, Any]:
    """Return the context of the staff layout. `here` names the page in the menu if its address does not say."""
    return {"menu": menus.menu(request.user, request.path, here), "now": timezone.now()}


class _Rows(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """Rows of another table. A key that no column can hold is an invalid choice."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, list | tuple) and (odd := [each for each in value if inputs.number(str(each)) is None]):
            raise forms.ValidationError(
                self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": odd[0][:40]}
            )
        return super().clean(value)


EMPTY = "–"


@dataclass(frozen=True)
class AdminWords:
    """What the pages of a table say about it. What is left out is made from the model's own name.

    `lead` stands under the heading of the list, `form_lead` under that of the form; `empty` and `empty_text` say that
    there is no row yet and what to do; `delete_effect` says what follows from deleting a row; `save` names the button.
    """

    heading: LazyText = ""
    lead: LazyText = ""
    add: LazyText = ""
    form_lead: LazyText = ""
    empty: LazyText = ""
    empty_text: LazyText = ""
    delete: LazyText = ""
    delete_effect: LazyText = ""
    save: LazyText = ""

    def of(self, about: Any) -> dict[str, Any]:
        """Return the words for a template. `about` is the model's `_meta`."""
        name = {"name": about.verbose_name}
        usual = {
            "heading": capfirst(about.verbose_name_plural),
            "add": _("Add %(name)s") % name,
            "empty": _("No %(name)s yet") % name,
            "delete": _("Delete %(name)s") % name,
        }
        return {each.name: getattr(self, each.name) or usual.get(each.name, "") for each in fields(self)}


def in_words(keeper: "Ruled", field: Any, value: object) -> Any:
    """Return the words for a boolean, a time or a choice of a field, or nothing for any other value."""
    if _has_choices(field):
        return capfirst(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        yes, no = keeper.flags.get(field.name if field else "", (_("Yes"), _("No")))
        return yes if value else no
    if isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), time_format.short_moment(value))
    return None


def _has_choices(field: object) -> bool:
    return isinstance(field, models.Field) and bool(field.choices)


_View = Callable[..., HttpResponseBase]


class Ruled(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Base of all pages in this admin site.

    They are read-only, or each change needs a recent verification, a permission, a reason and an audit event, and takes
    effect once. See `accounts.admin_changes`.
    """

    words: AdminWords = AdminWords()
    search_label: LazyText = ""
    flags: ClassVar[Mapping[str, tuple[LazyText, LazyText]]] = {}  # by field: the words for yes and no
    headings: ClassVar[Mapping[str, LazyText]] = {}  # by field: a column heading, if the field's label doesn't fit

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return the columns. Booleans are written in words, because Django would draw a picture."""
        return [self._column(each) if isinstance(each, str) else each for each in super().get_list_display(request)]

    def _column(self, name: str) -> Any:
        known = {field.name: field for field in self.opts.get_fields()}
        field = known.get(name)
        if not (isinstance(field, models.BooleanField | models.DateTimeField) or _has_choices(field)):
            return name

        heading = self.headings.get(name, cast("Any", field).verbose_name)

        @admin.display(description=heading, ordering=name, empty_value=EMPTY)
        def column(row: models.Model) -> Any:
            return in_words(self, field, getattr(row, name))

        column.__name__ = name  # the list uses it as the column's name in its markup
        return column

    @admin.display(description=gettext_lazy("Select"))
    def action_checkbox(self, obj: models.Model) -> SafeString:
        """Return the box that selects a row, labelled with what the row is."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            _("Select %(name)s") % {"name": obj},
        )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        words = self.words.of(self.opts)
        if kwargs.get("add"):
            words["save"] = words["save"] or words["add"]
        elif not self.has_change_permission(request, kwargs.get("obj")):
            words["form_lead"] = ""
        return super().render_change_form(request, context | {"words": words}, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        return super().delete_view(request, object_id, {"words": self.words.of(self.opts)} | (extra_context or {}))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        return super().history_view(request, object_id, {"words": self.words.of(self.opts)} | (extra_context or {}))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only lookups that the list's filters use, because SQLite fails on numbers beyond 64 bits."""
        ends = ("", "__exact", "__isnull", "__id__exact")
        return lookup in {f"{name}{end}" for name in self.list_filter for end in ends}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Refuse row keys that cannot exist before they reach the database."""
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if any(inputs.number(each) is None for each in selected):
            raise BadRequest
        if request.POST.get("action") and not selected:
            messages.warning(request, _("Select at least one row first."))
        return super().changelist_view(request, {"words": self.words.of(self.opts)} | (extra_context or {}))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field for a column. Where nothing is chosen yet, it says so in words instead of dashes."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.ModelChoiceField) and field.empty_label:
            field.empty_label = _("Choose one") if field.required else _("None")
        elif isinstance(field, forms.TypedChoiceField):
            former = cast("Any", field.choices)
            field.choices = [
                (value, _("Choose one") if value in ("", None) else capfirst(label)) for value, label in former
            ]
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **{"form_class": _Rows, **kwargs})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return a row. An empty `_to_field` in the URL counts as none; Django would fail."""
        return super().get_object(request, object_id, from_field or None)


class VerifiedSite(admin.AdminSite):
    """Django's admin behind our own sign-in. A remembered browser or a trusted network does not open it."""

    site_header = "Two-step verification"
    site_title = "Two-step verification"
    index_title = "Administration"
    enable_nav_sidebar = False
    empty_value_display = EMPTY

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register only admin classes that derive from `Ruled`.

        Those of Django and other packages change permissions, users or credentials without a recent verification,
        a reason or an audit event.
        """
        if admin_class is not None and issubclass(admin_class, Ruled):
            super().register(model_or_iterable, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the menu of this member of staff to every page."""
        return super().each_context(request) | frame(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Redirect to the first page that this member of staff may open."""
        context = self.each_context(request)
        if context["menu"].home:
            return redirect(context["menu"].home)
        return render(request, "admin/index.html", context)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Redirect to the first page of an app that this member of staff may open."""
        found = menus.home_of(menus.menu(request.user, request.path), request.path)
        if not found:
            raise Http404
        return redirect(found)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view of the admin. What it refuses or does not find is said with the menu around it."""
        inner: _View = super().admin_view(view, cacheable)

        @wraps(inner)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied:
                return self._unopened(request, "admin/not_allowed.html", 403)
            except Http404:
                return self._unopened(request, "admin/not_found.html", 404)

        return page

    def _unopened(self, request: HttpRequest, template: str, status: int) -> HttpResponse:
        return render(request, template, self.each_context(request), status=status)

    def has_permission(self, request: HttpRequest) -> bool:
        return access.portal_and_staff_access.staff(request).is_granted

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Redirect anyone without access to our own sign-in, or explain that signing in would not help."""
        here = session_assurance.of(request)
        if here.user is not None and not here.user.is_staff:
            return render(request, "accounts/support/not_staff.html", status=403)
        if self.has_permission(request):
            return redirect("admin:index")
        next_url = redirects.wanted(request) or resolve_url("admin:index")
        return redirect(redirects.asking("signin:reauthenticate" if here.is_signed_in else "signin:password", next_url))

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> Any:
        """Sign out as everywhere else, so that it is in the audit log."""
        return sign_out(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> Any:
        """Redirect to the portal: Django's page needs no recent verification, ends no session, sends no notice."""
        return redirect("portal:password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> Any:
        """Redirect there as well."""
        return redirect("portal:password")
