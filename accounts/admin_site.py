"""The admin site: Django's, open only after a second step in the current session, with our layout."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts import redirects, session_assurance
from accounts.signin.views import sign_out
from verification import inputs


@dataclass(frozen=True)
class NavItem:
    """A navigation entry for staff, and the permission that shows it."""

    name: str
    label: Any
    view: str
    permission: str
    args: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return resolve_url(self.view, *self.args)


# In the order of the navigation. Cost has one entry for its four tables, because they answer one question.
NAV_ITEMS = (
    NavItem("people", _("People"), "admin:accounts_user_changelist", "accounts.view_user"),
    NavItem("groups", _("Groups"), "admin:auth_group_changelist", "auth.view_group"),
    NavItem("policies", _("Policies"), "admin:verification_policy_changelist", "verification.view_policy"),
    NavItem("tokens", _("Tokens"), "admin:tokens", "accounts.view_tokens"),
    NavItem("requests", _("Requests"), "admin:support-requests", "accounts.view_user"),
    NavItem("deliveries", _("Deliveries"), "admin:deliveries", "verification.view_message"),
    NavItem("routes", _("Routes"), "admin:verification_route_changelist", "verification.view_route"),
    NavItem("outages", _("Outages"), "admin:verification_outage_changelist", "verification.view_outage"),
    NavItem("cost", _("Cost"), "admin:app_list", "verification.view_country", ("verification",)),
    NavItem("reports", _("Reports"), "admin:reports", "accounts.view_reports"),
    NavItem("imports", _("Import"), "admin:imports", "accounts.import_people"),
    NavItem("audit-log", _("Record"), "admin:audit-log", "verification.view_auditevent"),
    NavItem("articles", _("Articles"), "admin:helpcenter_article_changelist", "helpcenter.change_article"),
)


def nav_items(request: HttpRequest) -> list[NavItem]:
    """Return the navigation entries that this member of staff may open."""
    return [item for item in NAV_ITEMS if request.user.has_perm(item.permission)]


class _Rows(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """Rows of another table. A key that no column can hold is an invalid choice."""

    def clean(self, value: Any) -> Any:
        if isinstance(value, list | tuple) and (odd := [each for each in value if inputs.number(str(each)) is None]):
            raise forms.ValidationError(
                self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": odd[0][:40]}
            )
        return super().clean(value)


class Ruled(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the checker only
    """Base of all pages in this admin site.

    They are read-only, or each change needs a recent verification, a permission, a reason and an audit event, and takes
    effect once. See `accounts.admin_changes`.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only lookups that the list's filters use, because SQLite fails on numbers beyond 64 bits."""
        ends = ("", "__exact", "__isnull", "__id__exact")
        return lookup in {f"{name}{end}" for name in self.list_filter for end in ends}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Refuse row keys that cannot exist before they reach the database."""
        if any(inputs.number(each) is None for each in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest
        return super().changelist_view(request, extra_context)

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

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register only admin classes that derive from `Ruled`.

        Those of Django and other packages change permissions, users or credentials without a recent verification,
        a reason or an audit event.
        """
        if admin_class is not None and issubclass(admin_class, Ruled):
            super().register(model_or_iterable, admin_class, **options)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the navigation of this member of staff to every page."""
        return super().each_context(request) | {"nav_items": nav_items(request)}

    def has_permission(self, request: HttpRequest) -> bool:
        here = session_assurance.of(request)
        return here.user is not None and here.is_proven and here.user.is_active and here.user.is_staff

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Redirect anyone without access to our own sign-in, or explain that signing in would not help."""
        here = session_assurance.of(request)
        if here.user is not None and not here.user.is_staff:
            return render(request, "accounts/support/no_staff.html", status=403)
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
