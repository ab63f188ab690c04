"""The organisation's own strengths in the admin. The built-in ones are fixed and have no row."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.admin_changes import ChangeForm, ChangesAdmin
from accounts.admin_site import AdminWords
from accounts.models import User
from accounts.support import administration_audit_events
from accounts.support.applications import strength_uses
from accounts.support.policies import policy_form_built_from_rules
from verification import method_registry, policies, strengths
from verification.lazy_text import LazyText
from verification.models import Strength
from verification.policies import remembered_browser_revocation

_NEEDS = (
    (strengths.Need.PHISHING_RESISTANT, _lazy("Phishing-resistant")),
    (strengths.Need.NOT_SENT, _lazy("Not sent by text, call or email")),
    (strengths.Need.NOT_BACKUP, _lazy("Not a recovery code")),
)


def _methods() -> list[tuple[str, LazyText]]:
    return [(name, method.label) for name, method in method_registry.methods().items()]


class StrengthForm(ChangeForm):
    """A strength: the methods that are in it, by name and by property. `staff` is who changes it."""

    staff: User
    methods = forms.MultipleChoiceField(
        label=_lazy("Methods"),
        choices=_methods,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_lazy("Select none to include every method that has the properties below."),
    )
    needs = forms.MultipleChoiceField(
        label=_lazy("Properties that each method must have"),
        choices=_NEEDS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Strength
        fields = ("name", "slug", "explanation", "methods", "needs")

    def clean(self) -> dict[str, Any] | None:
        """Refuse a strength without a method, and the name of a built-in one."""
        cleaned = super().clean()
        if self.cleaned_data.get("slug") in strengths.BUILT_IN:
            self.add_error("slug", _("This is the short name of a built-in strength. Choose another one."))
        draft = strengths.of_row(
            Strength(
                slug=self.instance.slug or "draft",
                methods=self.cleaned_data.get("methods", []),
                needs=self.cleaned_data.get("needs", []),
            )
        )
        if not self.errors and not draft.methods():
            self.add_error("methods", _("No method has all of these properties. Select others."))
        elif not self.errors and policy_form_built_from_rules.locks_out_with(self.staff, draft):
            words = _("This would lock you out: you haven’t set up an allowed one of these methods. Set one up first.")
            self.add_error("methods", words)
        return cleaned


@admin.register(Strength)
class StrengthAdmin(ChangesAdmin):
    """Strengths. One that an application or a policy requires can't be deleted, because nothing would meet it."""

    subject = "strength"
    added, changed = administration_audit_events.STRENGTH_ADDED, administration_audit_events.STRENGTH_CHANGED
    deleted = administration_audit_events.STRENGTH_DELETED
    form = StrengthForm
    fields = ("name", "slug", "explanation", "methods", "needs")
    list_display = ("name", "slug", "contains")
    ordering = ("name",)
    words = AdminWords(
        heading=_lazy("Strengths"),
        lead=_lazy(
            "A strength says which methods are enough, for an application, a group or staff. Built in and fixed: "
            "password, any second step, no texts, calls or emails, and phishing-resistant."
        ),
        add=_lazy("Add a strength"),
        form_lead=_lazy(
            "Select methods, properties, or both. The strength contains the selected methods that have all of the "
            "selected properties."
        ),
        empty=_lazy("No strengths of your own yet"),
        empty_text=_lazy("The built-in ones are often enough. Add your own, such as “hardware only”."),
        delete=_lazy("Delete strength"),
        delete_effect=_lazy("No application or policy requires it, so nothing changes for people."),
    )

    @admin.display(description=_lazy("methods"))
    def contains(self, obj: Strength) -> str:
        return ", ".join(str(method_registry.method(name).label) for name in strengths.of_row(obj).methods())

    def get_form(self, request: HttpRequest, obj: Strength | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.staff = request.user
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Strength | None = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()  # applications and policies refer to it

    def has_delete_permission(self, request: HttpRequest, obj: Strength | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not strength_uses.uses(obj.slug))

    def save_model(self, request: HttpRequest, obj: Strength, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        self.forget()
        remembered_browser_revocation.settle()

    def effects(self, request: HttpRequest, row: Strength) -> Sequence[str]:
        """Say which applications and policies require it, and how many people would lack a method."""
        former = Strength.objects.filter(pk=row.pk).first()
        return strength_uses.effects(strengths.of_row(former), strengths.of_row(row)) if former else ()

    def forget(self) -> None:
        strengths.forget()
        policies.forget()
