"""Users, groups, scopes and policies in the admin. The desk's own pages replace Django's for users and groups."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils.translation import gettext as _

from accounts import request_context
from accounts.admin_changes import ChangesAdmin, ReadOnlyAdmin
from accounts.models import Scope, User
from accounts.session_assurance import AuthedRequest
from accounts.support import change_events, urls
from accounts.support.actions import rights
from accounts.support.policies import policy_form, policy_preview
from accounts.support.policies.policy_form import PolicyForm
from accounts.support.views import layout
from verification import policies
from verification.models import Policy
from verification.policies import forget, revocation


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


@admin.register(Scope)
class ScopeAdmin(ChangesAdmin):
    """Desk scopes. Nobody changes the scope of their own desk, and scoped staff change none at all."""

    subject = "scope"
    added, changed, deleted = change_events.SCOPE_ADDED, change_events.SCOPE_CHANGED, change_events.SCOPE_DELETED
    list_display = ("desk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Scope | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Scope | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_change(request, obj)


def _may_change(request: HttpRequest, scope: Scope | None = None) -> bool:
    """Return whether a member of staff may change a scope. Their own group would widen their own access."""
    is_own = scope is not None and scope.desk.user_set.filter(pk=request.user.pk).exists()
    return not is_own and not rights.is_scoped(cast("AuthedRequest", request).user)


@admin.register(Policy)
class PolicyAdmin(ChangesAdmin):
    """Policies. A change is previewed first, and needs a recent verification."""

    subject = "policy"
    added = changed = change_events.POLICY_CHANGED
    deleted = change_events.POLICY_DELETED
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
        if request.method == "POST" and not {"confirmed", policy_form.BACK} & set(request.POST):
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
            if n not in {"csrfmiddlewaretoken", policy_form.BACK}
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
        revocation.settle()

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        super().delete_model(request, obj)
        revocation.settle()

    def response_add(self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Policy) -> HttpResponse:
        messages.success(request, _("Applied: %(policy)s.") % {"policy": obj})
        return redirect("admin:verification_policy_changelist")

    def forget(self) -> None:
        forget()
