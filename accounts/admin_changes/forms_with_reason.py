"""Forms for changes: they need a reason, count once, and are refused if the row has changed."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import SentForm
from accounts.reauthentication import BACK
from verification.inputs import LineField
from verification.models.random_row_handles import new_handle

PROOF_FIELDS = ("reason", "form_ref", "seen")  # form fields besides the row's own
_MAX_VALUE_LENGTH = 300  # characters of a value that the audit event keeps


class Repeated(Exception):
    """The same form was submitted before."""


class ReasonForm(forms.Form):
    """The reason for a change. `form_ref` is new for each page, so that a form counts once."""

    reason = LineField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Colleagues and auditors read it in the audit log."),
        error_messages={"required": gettext_lazy("Enter the reason for this change.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "size": 80}),
    )
    form_ref = forms.RegexField(
        r"^[0-9a-f]{32}$",
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("This form is incomplete. Open the page again and send it from there."),
            "invalid": gettext_lazy("This form is incomplete. Open the page again and send it from there."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A URL can fill in the fields of an admin form, but never these.
        self.initial = {**self.initial, "reason": "", "form_ref": new_handle()}

    def clean_form_ref(self) -> str:
        ref: str = self.cleaned_data["form_ref"]
        if SentForm.objects.filter(ref=ref).exists():
            words = _("You’ve already sent this form, and it was applied. Open the page again.")
            raise forms.ValidationError(words, code="repeated")
        return ref


class ChangeForm(ReasonForm, forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """The form of a row. It is refused if the row has changed since it was shown."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_there = self.instance.pk is not None
        self.former = values(self.instance) if is_there else {}
        self.initial["seen"] = as_seen(self.shown()) if is_there else ""

    def shown(self) -> Mapping[str, str]:
        """Return the values that must be unchanged when the form is sent."""
        return self.former

    @cached_property
    def changed_data(self) -> list[str]:
        return [name for name in super().changed_data if name not in PROOF_FIELDS]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if BACK in self.data:
            raise forms.ValidationError(_("Nothing has been applied yet."), code=BACK)
        if self.instance.pk is not None and self.cleaned_data.get("seen") != as_seen(self.shown()):
            raise forms.ValidationError(changed_meanwhile())
        return cleaned


def changed_meanwhile() -> str:
    """Return the message that somebody else was faster."""
    return _("Someone else changed this, so nothing was saved. Open the page again to see the current values.")


def spend(form: forms.Form) -> None:
    """Use up a form. Call it in the change's transaction. Errors: `Repeated`."""
    _row, is_new = SentForm.objects.get_or_create(
        ref=form.cleaned_data["form_ref"], defaults={"sent_at": timezone.now()}
    )
    if not is_new:
        raise Repeated


def values(row: Model) -> dict[str, str]:
    """Return a row's editable values as text. Others, such as the digest of a key, are left out."""
    about = row._meta
    own = [field for field in about.concrete_fields if field.editable and not field.primary_key]
    many = [field for field in about.many_to_many if field.editable]
    found = {field.name: _said(getattr(row, field.name)) for field in own}
    return found | {field.name: ", ".join(sorted(map(str, getattr(row, field.name).all()))) for field in many}


def _said(value: object) -> str:
    return "" if value is None else str(value)


def as_seen(found: Mapping[str, str]) -> str:
    """Return a digest of a row as shown, so that a change counts only for that."""
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the old and new value of each field that differs, for the audit event."""
    names = [name for name in {**before, **after} if before.get(name, "") != after.get(name, "")]
    return {name: [_kept(before.get(name, "")), _kept(after.get(name, ""))] for name in names}


def _kept(text: str) -> str:
    if len(text) <= _MAX_VALUE_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:_MAX_VALUE_LENGTH]}… ({len(text)} characters, SHA-256 {digest})"
