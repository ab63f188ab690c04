"""Policies in the admin: a change is previewed first, and then ends what no longer fits."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import admin_site, request_context
from accounts.admin_changes import ChangesAdmin
from accounts.admin_site import AdminWords
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import administration_audit_events, people_in_desk_scopes
from accounts.support.policies import notice_of_dropped_second_person, policy_form_built_from_rules, policy_preview
from accounts.support.policies.policy_form_built_from_rules import PolicyForm
from verification import policies
from verification.models import Policy
from verification.policies import forget, remembered_browser_revocation


@admin.register(Policy)
class PolicyAdmin(ChangesAdmin):
    """Policies. A change is previewed first, and needs a recent verification."""

    subject = "policy"
    added = changed = administration_audit_events.POLICY_CHANGED
    deleted = administration_audit_events.POLICY_DELETED
    form = PolicyForm
    words = AdminWords(
        delete_effect=gettext_lazy(
            "The people it applies to follow the policies of their other groups, the policy for everybody, and the "
            "built-in defaults instead."
        )
    )
    add_form_template = change_form_template = "accounts/admin/policy_form.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List the policies in the order in which they win, with the rules that each sets."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = policies.ranked(Policy.objects.select_related("group"))
        rows = [(policy, policy_form_built_from_rules.summary(policy)) for policy in found]
        context = {"rows": rows, "may_add": self.has_add_permission(request)}
        return render(request, "accounts/admin/policy_list.html", admin_site.frame(request, "policies") | context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        policy = context.get("original")
        rules = (
            policy_form_built_from_rules.read_only(policy)
            if policy and not self.has_change_permission(request, policy)
            else ()
        )
        more = context | {"here": "policies", "rules": rules}
        return cast("HttpResponse", super().render_change_form(request, more, *args, **kwargs))

    def preview_page(self, request: HttpRequest, form: Any) -> HttpResponse:
        staff, context = cast("AuthedRequest", request).user, request_context.read(request)
        reach = people_in_desk_scopes.groups_of(staff) if staff.has_perm("accounts.view_user") else frozenset[int]()
        shown = {
            "impact": policy_preview.impact(form.instance, now=context.now, reach=reach),
            "sent": self.sent(request),
            "policy": form.instance,
            "reason": form.cleaned_data["reason"],
            "is_locked_out": policy_form_built_from_rules.locks_out(staff, form.instance),
        }
        return render(request, "accounts/admin/policy_preview.html", admin_site.frame(request, "policies") | shown)

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        if policy_form_built_from_rules.locks_out(cast("AuthedRequest", request).user, obj):
            raise PermissionDenied  # the page did not offer this
        before = list(Policy.objects.all())
        super().save_model(request, obj, form, change)
        self._settle(request, before)

    def _delete_view(self, request: HttpRequest, object_id: str, extra_context: Any) -> Any:
        found = self.get_object(request, unquote(object_id))
        may = found is not None and self.has_delete_permission(request, found)
        if may and policy_form_built_from_rules.locks_out_without(cast("AuthedRequest", request).user, found):
            messages.error(
                request,
                _(
                    "Deleting “%(policy)s” would lock you out: you haven’t set up any method that the other policies "
                    "allow. Set one up first."
                )
                % {"policy": found},
                extra_tags="policy:locks_you_out",
            )
            return redirect("admin:verification_policy_changelist")
        return super()._delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        before = list(Policy.objects.all())
        super().delete_model(request, obj)
        self._settle(request, before)

    def _settle(self, request: HttpRequest, before: Sequence[Policy]) -> None:
        remembered_browser_revocation.settle()
        notice_of_dropped_second_person.notify(
            before, cast("AuthedRequest", request).user, request_context.read(request)
        )

    def response_add(self, request: HttpRequest, obj: Policy, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Policy) -> HttpResponse:
        messages.success(request, _("Applied: %(policy)s.") % {"policy": obj})
        return redirect("admin:verification_policy_changelist")

    def forget(self) -> None:
        forget()
