"""Base ModelAdmin classes for all tables: read-only, or changed one row at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import BadRequest
from django.db import IntegrityError, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import reauthentication, redirects, request_context
from accounts.admin_changes.forms_with_reason import (
    PROOF_FIELDS,
    ChangeForm,
    ReasonForm,
    Repeated,
    as_seen,
    changed_meanwhile,
    differences,
    spend,
    values,
)
from accounts.admin_site import Ruled
from accounts.reauthentication import BACK
from accounts.sessions.session_assurance import AuthedRequest
from verification import audit, time_format
from verification.audit import Event
from verification.inputs import LineField
from verification.lazy_text import LazyText


class ReadOnlyAdmin(Ruled):
    """Read-only rows."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@dataclass(frozen=True)
class RowAction:
    """An action on rows chosen in a list. `run` names the method, which also writes the audit event."""

    label: LazyText
    explain: LazyText
    button: LazyText
    run: str
    permissions: tuple[str, ...] = ("change",)


class Undeclared(Exception):
    """A table of the admin allows a change, but declares no audit event for it."""


class ChangesAdmin(Ruled):
    """Rows changed one at a time, each with a recent verification, a reason and an audit event.

    Shape: `subject` is the row's name in the audit event; `added`, `changed` and `deleted` are the events it allows.
    A subclass that caches its rows overrides `forget` to clear the cache.
    """

    form = ChangeForm
    actions = ()
    row_actions: ClassVar[Mapping[str, RowAction]] = {}
    subject = ""
    added: Event | None = None
    changed: Event | None = None
    deleted: Event | None = None

    def forget(self) -> None:
        """Clear the cache of these rows, so that a change takes effect immediately."""

    # The form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = [name for name in self.get_fields(request, obj) if name not in PROOF_FIELDS]
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return [
            (None, {"fields": own}),
            *([(_("Reason for the change"), {"fields": list(PROOF_FIELDS)})] if may else []),
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DateTimeField):
            return _moment(db_field, **kwargs)
        if type(db_field) is models.CharField and not db_field.choices:
            kwargs = {"form_class": LineField, **kwargs}
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget  # another table is changed on its own page, with its own reason
        return field

    # Saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        usual = partial(super().changeform_view, object_id=object_id, form_url=form_url, extra_context=extra_context)
        return self._guarded(usual, request)

    def effects(self, request: HttpRequest, row: Any) -> Sequence[str]:
        """Return what saving a row would do, in sentences, for its preview."""
        return ()

    def _changeform_view(self, request: HttpRequest, object_id: Any, form_url: str, extra_context: Any) -> Any:
        if "_saveasnew" in request.POST:  # Django adds a copy even where the page has no such button
            raise BadRequest
        if request.method == "POST" and object_id:
            self._hold(request, object_id)
        if request.method == "POST" and not {"confirmed", BACK} & set(request.POST):
            found = self.get_object(request, object_id) if object_id else None
            add = not object_id and self.has_add_permission(request)
            may = self.has_change_permission(request, found) if found else add
            form = self.get_form(request, found, change=bool(found))(request.POST, instance=found) if may else None
            if form and form.is_valid() and (page := self.preview_page(request, form)):
                return page
        return super()._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]  # not in the stubs

    def preview_page(self, request: HttpRequest, form: Any) -> HttpResponse | None:
        """Show what saving a row would do. Return None to save it without a preview."""
        lines = self.effects(request, form.instance)
        if not lines:
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "words": self.words.of(self.opts),
            "lines": lines,
            "row": form.instance,
            "sent": self.sent(request),
        }
        return render(request, "accounts/admin/change_preview.html", context)

    def sent(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return what the form sent, as hidden fields of its preview."""
        return [(n, v) for n, each in request.POST.lists() if n != "csrfmiddlewaretoken" for v in each]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        spend(form)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Audit the change once everything is saved, many-to-many rows too. Without a difference there is no event."""
        super().save_related(request, form, formsets, change)
        changes = differences(form.former, values(self.model.objects.get(pk=form.instance.pk)))
        if changes or not change:
            self.record(request, self.changed if change else self.added, form.instance, _why(form), changes=changes)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return [{"changed": {"fields": form.changed_data}}] if not add else [{"added": {}}]

    # Deleting

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        return self._guarded(partial(super().delete_view, object_id=object_id, extra_context=extra_context), request)

    def _delete_view(self, request: HttpRequest, object_id: str, extra_context: Any) -> Any:
        row = self._hold(request, object_id)
        seen = as_seen(values(row)) if row else ""
        form = ReasonForm(request.POST or None)
        is_same = request.POST.get("seen") == seen
        if request.method == "POST" and not (form.is_valid() and is_same):
            if form.is_valid() and not is_same:
                form.add_error(None, changed_meanwhile())
            request.POST = QueryDict()  # Django deletes whenever something was posted
        more = {**(extra_context or {}), "reason_form": form, "seen": seen}
        return super()._delete_view(request, object_id, more)  # type: ignore[misc]  # not in the stubs

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        form = ReasonForm(request.POST)
        if not form.is_valid():  # `_delete_view` has checked it already
            raise Repeated
        spend(form)
        self.record(request, self.deleted, obj, _why(form), changes=differences(values(obj), {}))
        super().delete_model(request, obj)

    # Actions on the list

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the row actions that this member of staff may use. Django's own would skip the recent verification."""
        offered = {}
        for name, each in self.row_actions.items():
            if all(getattr(self, f"has_{verb}_permission")(request) for verb in each.permissions):
                offered[name] = (_run(each), name, each.label)
        return offered

    # Shared

    def record(self, request: HttpRequest, event: Event | None, row: Any, reason: str, **detail: Any) -> None:
        """Write the audit event of a change, in its transaction."""
        if event is None:
            raise Undeclared(f"{type(self).__name__} names no event for this change")
        about = {self.subject: self.audit_name(row), "reason": reason, **detail}
        audit.record(
            event, user_id=None, context=request_context.read(request), actor_id=cast("int", request.user.pk), **about
        )
        transaction.on_commit(self.forget)

    def audit_name(self, row: Any) -> str:
        """Return the name of a row in the audit log."""
        return str(row)

    def _hold(self, request: HttpRequest, object_id: str) -> Any:
        """Lock the row, so that the later of two concurrent changes sees the earlier one."""
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method != "POST":
            return row
        return self.model.objects.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).first()

    def _guarded(self, view: Callable[[HttpRequest], Any], request: HttpRequest) -> HttpResponse:
        try:
            return reauthentication.required(cast("Any", view))(cast("AuthedRequest", request))
        except Repeated:
            words = _("You’ve already sent this form, and it was applied.")
            messages.warning(request, words, extra_tags="form:repeated")
        except IntegrityError:
            messages.error(request, _("Someone else has already saved this, so nothing was saved. Check the list."))
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def _why(form: Any) -> str:
    reason: str = form.cleaned_data["reason"]
    return reason


def _moment(db_field: Any, **kwargs: Any) -> forms.DateTimeField:
    """Return one labelled field for a time, instead of Django's two without labels."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 60}, format="%Y-%m-%dT%H:%M")
    field: forms.DateTimeField = db_field.formfield(form_class=forms.DateTimeField, widget=widget, **kwargs)
    field.help_text = f"{field.help_text} {time_format.zone_hint()}".strip()
    return field


def _run(each: RowAction) -> Callable[[ChangesAdmin, HttpRequest, QuerySet[Any]], HttpResponse]:
    """Ask for a reason, then act on each row, once, in one transaction."""

    def run(self: ChangesAdmin, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        if not reauthentication.is_fresh(request):
            return redirect(redirects.asking("signin:reauthenticate", request.get_full_path()))
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        if form.is_bound and form.is_valid():
            try:
                with transaction.atomic():
                    spend(form)
                    rows = chosen.order_by("pk").select_for_update(of=("self",), no_key=True)
                    return cast("HttpResponse", getattr(self, each.run)(request, list(rows), _why(form)))
            except Repeated:
                words = _("You’ve already sent this form, and it was applied.")
                form.add_error(None, forms.ValidationError(words, code="repeated"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "words": self.words.of(self.opts),
            "title": each.label,
            "action": each,
            "name": request.POST["action"],
            "rows": chosen,
            "reason_form": form,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return render(request, "accounts/admin/row_action.html", context)

    return run
