"""Users, groups, applications, scopes and policies in the admin. Own pages replace Django's for the first three."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts import admin_changes, request_context
from accounts.admin_changes import ChangesAdmin, ReadOnlyAdmin
from accounts.admin_site import Words
from accounts.models import Application, Scope, User
from accounts.session_assurance import AuthedRequest
from accounts.support import administration_audit_events, desk_scopes, urls
from accounts.support.policies import policy_form, policy_preview
from accounts.support.policies.policy_form import PolicyForm
from accounts.support.views import layout
from verification import policies
from verification.models import Policy
from verification.policies import forget, remembered_browser_revocation


@admin.register(User)
class PeopleAdmin(ReadOnlyAdmin):
    """Users. The desk's pages find, show and help them; they are never edited field by field."""

    def get_urls(self) -> list[URLPattern]:
        return urls.urls(self.admin_site)


@admin.register(Group)
class GroupAdmin(ReadOnlyAdmin):
    """Roles and groups, changed on the desk's own pages by someone who has their permissions and is not a member."""

    def get_urls(self) -> list[URLPattern]:
        return urls.group_urls(self.admin_site)


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin):
    """Applications, changed on the pages of their own."""

    def get_urls(self) -> list[URLPattern]:
        return urls.application_urls(self.admin_site)


@admin.register(Scope)
class ScopeAdmin(ChangesAdmin):
    """Desk scopes. Nobody changes the scope of their own desk, and scoped staff change none at all."""

    subject = "scope"
    added, changed, deleted = (
        administration_audit_events.SCOPE_ADDED,
        administration_audit_events.SCOPE_CHANGED,
        administration_audit_events.SCOPE_DELETED,
    )
    list_display = ("desk", "helps")
    words = Words(
        heading=_lazy("Desk scopes"),
        lead=_lazy(
            "Limits a support desk to the people of some groups. Staff of a desk without a scope can help everyone."
        ),
        add=_lazy("Add a desk scope"),
        form_lead=_lazy("Choose the desk’s role or group, and the groups whose people it may help."),
        empty=_lazy("No desk scopes yet"),
        empty_text=_lazy("Every desk can help everyone. Add a scope to limit a desk to some groups."),
        delete=_lazy("Delete desk scope"),
        delete_effect=_lazy("Its staff can help everyone again, unless they are in another desk with a scope."),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scope]:
        return super().get_queryset(request).select_related("desk").prefetch_related("people")

    @admin.display(description=_lazy("may help the people of"))
    def helps(self, obj: Scope) -> str:
        return ", ".join(sorted(group.name for group in obj.people.all()))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": forms.CheckboxSelectMultiple, "help_text": "", **kwargs}
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Scope | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Scope | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_change(request, obj)


def _may_change(request: HttpRequest, scope: Scope | None = None) -> bool:
    """Return whether a member of staff may change a scope. Their own group would widen their own access."""
    is_own = scope is not None and scope.desk.user_set.filter(pk=request.user.pk).exists()
    return not is_own and not desk_scopes.is_scoped(cast("AuthedRequest", request).user)


@admin.register(Policy)
class PolicyAdmin(ChangesAdmin):
    """Policies. A change is previewed first, and needs a recent verification."""

    subject = "policy"
    added = changed = administration_audit_events.POLICY_CHANGED
    deleted = administration_audit_events.POLICY_DELETED
    form = PolicyForm
    add_form_template = change_form_template = "accounts/support/policy_form.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List the policies in the order in which they win, with the rules that each sets."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = policies.ranked(Policy.objects.select_related("group"))
        rows = [(policy, policy_form.summary(policy)) for policy in found]
        context = {"rows": rows, "may_add": self.has_add_permission(request)}
        return layout.page(cast("AuthedRequest", request), "policy_list.html", context, here="policies")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        policy = context.get("original")
        rules = policy_form.read_only(policy) if policy and not self.has_change_permission(request, policy) else ()
        more = context | {"here": "policies", "rules": rules}
        return cast("HttpResponse", super().render_change_form(request, more, *args, **kwargs))

    def _changeform_view(self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any) -> HttpResponse:
        if request.method == "POST" and not {"confirmed", admin_changes.BACK} & set(request.POST):
            found = self.get_object(request, object_id) if object_id else None
            form = self.get_form(request, found, change=bool(found))(request.POST, instance=found)
            may = self.has_change_permission(request, found) if found else self.has_add_permission(request)
            if may and form.is_valid():
                return self._previewed(request, form)
        return cast("HttpResponse", super()._changeform_view(request, object_id, form_url, extra_context))

    def _previewed(self, request: HttpRequest, form: Any) -> HttpResponse:
        """Preview a change without saving it."""
        staff, now = cast("AuthedRequest", request).user, request_context.read(request)
        sent = [
            (n, v)
            for n, values in request.POST.lists()
            if n not in {"csrfmiddlewaretoken", admin_changes.BACK}
            for v in values
        ]
        context = {
            "impact": policy_preview.impact(form.instance, now=now.now),
            "sent": sent,
            "policy": form.instance,
            "reason": form.cleaned_data["reason"],
            "is_locked_out": policy_form.locks_out(staff, form.instance),
        }
        return layout.page(cast("AuthedRequest", request), "policy_preview.html", context, here="policies")

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        if policy_form.locks_out(cast("AuthedRequest", request).user, obj):
            raise PermissionDenied  # the page did not offer this
        super().save_model(request, obj, form, change)
        remembered_browser_revocation.settle()

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        super().delete_model(request, obj)
        remembered_browser_revocation.settle()

    def response_add(self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Policy) -> HttpResponse:
        messages.success(request, _("Applied: %(policy)s.") % {"policy": obj})
        return redirect("admin:verification_policy_changelist")

    def forget(self) -> None:
        forget()
