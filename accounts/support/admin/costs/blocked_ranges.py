"""Blocked number ranges in the admin."""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import request_context
from accounts.admin_changes import spend
from accounts.admin_site import EMPTY, AdminWords
from accounts.sessions.session_assurance import AuthedRequest
from accounts.support.admin.costs.base_admin_of_costs import GuardedAdmin
from verification.limits import toll_fraud
from verification.models import BlockedRange


@admin.register(BlockedRange)
class BlockedRangeAdmin(GuardedAdmin):
    """Blocked number ranges. Staff can unblock one with a reason, but not create one by hand."""

    guards = "range"
    list_display = ("__str__", "state", "entered", "began_at", "ends_at")
    ordering = ("-began_at",)
    words = AdminWords(
        heading=gettext_lazy("Blocked ranges"),
        lead=gettext_lazy(
            "Number ranges that get no texts or calls for some hours, because hardly anyone there enters the codes. "
            "This pattern suggests fraud. A block ends automatically."
        ),
        form_lead=gettext_lazy("If these are your people, unblock the range: enter the reason and save."),
        empty=gettext_lazy("No range is blocked"),
        empty_text=gettext_lazy("Ranges are blocked automatically. You get an email when that happens."),
        save=gettext_lazy("Unblock range"),
    )

    @admin.display(description=gettext_lazy("now"))
    def state(self, obj: BlockedRange) -> str:
        if obj.lifted_at:
            return _("Unblocked by %(name)s") % {"name": obj.lifted_by or EMPTY}
        if obj.ends_at <= timezone.now():
            return _("Over")
        return _("Warning only") if obj.is_warning else _("Blocked")

    @admin.display(description=gettext_lazy("entered their code"))
    def entered(self, obj: BlockedRange) -> str:
        return _("%(n)d of %(all)d people") % {"n": obj.n_proven, "all": obj.n_sent}

    fields = readonly_fields = (
        "range",
        "n_sent",
        "n_proven",
        "began_at",
        "ends_at",
        "lifted_at",
        "lifted_by",
        "why_lifted",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BlockedRange | None = None) -> bool:
        is_over = obj is not None and (obj.lifted_at is not None or obj.ends_at <= timezone.now())
        return not is_over and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: BlockedRange, form: Any, change: bool) -> None:
        spend(form)
        who = cast("AuthedRequest", request).user
        if not toll_fraud.lift(
            obj, staff_id=who.pk, why=form.cleaned_data["reason"], context=request_context.read(request)
        ):
            messages.warning(request, _("This range is already unblocked."))
