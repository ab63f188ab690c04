"""The admin of desk scopes: who may add, change or delete one."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _lazy

from accounts.admin_changes import ChangesAdmin
from accounts.admin_site import AdminWords
from accounts.models import Scope
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support import administration_audit_events, people_in_desk_scopes


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
    words = AdminWords(
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
    return not is_own and not people_in_desk_scopes.is_scoped(cast("AuthedRequest", request).user)
