"""The form of an application: what it is, who may use it, and what it requires of a verification."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_changes import ChangeForm
from accounts.applications import logos
from accounts.applications.logos import Logo
from accounts.models import Application
from verification import strengths
from verification.inputs import LineField, WordsField

RESERVED = {"add"}  # short names that the addresses of the staff pages need
_AGES = (
    (timedelta(minutes=5), gettext_lazy("5 minutes")),
    (timedelta(minutes=15), gettext_lazy("15 minutes")),
    (timedelta(hours=1), gettext_lazy("1 hour")),
    (timedelta(hours=4), gettext_lazy("4 hours")),
    (timedelta(hours=12), gettext_lazy("12 hours")),
    (timedelta(days=1), gettext_lazy("1 day")),
    (timedelta(days=7), gettext_lazy("7 days")),
)


class AgeField(forms.TypedChoiceField):
    """How long a verification counts. Shape: the value is whole seconds; empty for as long as the session."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", gettext_lazy("As long as the session")), *((_seconds(age), words) for age, words in _AGES)]
        coerce: Callable[[str], timedelta] = lambda text: timedelta(seconds=int(text))  # noqa: E731  (shorter here)
        super().__init__(choices=choices, coerce=coerce, empty_value=None, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return _seconds(value) if isinstance(value, timedelta) else value


def age_words(age: timedelta | None) -> str:
    """Return how long a verification counts, in words; empty for as long as the session."""
    if age is None:
        return ""
    known = dict(_AGES).get(age)
    return str(known) if known else _("%(n)d minutes") % {"n": max(1, int(age.total_seconds() // 60))}


def _seconds(age: timedelta) -> str:
    return str(int(age.total_seconds()))


class LogoField(forms.FileField):
    """A logo. It is read as a picture, and only the parts that are drawn are stored."""

    widget = forms.FileInput(attrs={"accept": ".png,.svg,image/png,image/svg+xml"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if not isinstance(upload, UploadedFile):
            return None
        try:
            return logos.read(upload.read(logos.MAX_BYTES + 1))
        except logos.Unusable as why:
            raise forms.ValidationError(str(why)) from why


class LinesField(WordsField):
    """Addresses, one per line. Shape: the value is separated by spaces."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4_000, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}), **kwargs)

    def clean(self, value: Any) -> Any:
        return " ".join(dict.fromkeys(str(super().clean(value)).split()))

    def prepare_value(self, value: Any) -> Any:
        return value.replace(" ", "\n") if isinstance(value, str) else value


class ApplicationForm(ChangeForm):
    """An application. The short name is chosen once, because the audit log and the metrics keep it.

    `connection` has the values of its connection.
    """

    slug = forms.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        label=gettext_lazy("Short name"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "For the audit log and metrics. You can’t change it later. Leave this empty to use the name."
        ),
        error_messages={"invalid": gettext_lazy("Use lower-case letters, digits and hyphens.")},
    )
    name = LineField(
        label=gettext_lazy("Name"), max_length=60, error_messages={"required": gettext_lazy("Enter a name.")}
    )
    description = LineField(
        label=gettext_lazy("Description"),
        max_length=140,
        required=False,
        help_text=gettext_lazy("What people use it for. They see it below the name."),
    )
    address = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=300,
        assume_scheme="https",
        required=False,
        help_text=gettext_lazy("The page that its tile opens, such as https://wiki.example.org/."),
        error_messages={"invalid": gettext_lazy("Enter an address that starts with https://.")},
    )
    logo = LogoField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=format_lazy(
            gettext_lazy("PNG or SVG, square, at most {size} KB. Without one, its initials are shown."),
            size=logos.MAX_BYTES // 1024,
        ),
    )
    removes_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)
    strength = forms.ChoiceField(label=gettext_lazy("Required strength"))
    max_age = AgeField(
        label=gettext_lazy("A verification is valid for"),
        help_text=gettext_lazy("After that, people verify again before they continue."),
    )
    remembered_counts = forms.BooleanField(
        label=gettext_lazy("A remembered browser or a trusted network is enough"),
        required=False,
        help_text=gettext_lazy("Only with “Any second step” and no time limit. Otherwise people always verify."),
    )

    class Meta:
        model = Application
        fields = (
            "name",
            "slug",
            "description",
            "address",
            "groups",
            "strength",
            "max_age",
            "remembered_counts",
        )
        widgets = {"groups": forms.CheckboxSelectMultiple}

    field_order = (
        *("name", "slug", "description", "address", "logo", "removes_logo"),
        *("groups", "strength", "max_age", "remembered_counts"),
    )

    def __init__(self, *args: Any, connection: Mapping[str, str], **kwargs: Any) -> None:
        self._connection = connection
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        self._set_strengths()
        groups: Any = self.fields["groups"]
        groups.label = _("Allowed groups")
        groups.help_text = _("Members of any of these groups can use it. If you select none, everyone can.")
        groups.queryset = groups.queryset.order_by("name")
        self._set_age()
        if not is_new:
            del self.fields["slug"]
        if is_new or not self.instance.logo_version:
            del self.fields["removes_logo"]
        if not groups.queryset.exists():
            del self.fields["groups"]

    def shown(self) -> Mapping[str, str]:
        """Return the values of the application and of its connection, which are in one form on the page."""
        return {**self.former, **self._connection}

    def _set_strengths(self) -> None:
        known = [(each.slug, each.label) for each in strengths.everything()]
        now = self.instance.strength
        if now not in {slug for slug, _label in known}:
            known.append((now, _("%(name)s (doesn’t exist: nobody can sign in)") % {"name": now}))
        field: Any = self.fields["strength"]
        field.choices = known
        field.help_text = " ".join(f"{each.label}: {each.explain}" for each in strengths.everything() if each.explain)

    def _set_age(self) -> None:
        """Offer the present age too, if it isn't one of the usual ones."""
        age, field = self.instance.max_age, self.fields["max_age"]
        if age is not None and age not in dict(_AGES):
            choices: Any = field
            choices.choices = [*choices.choices, (_seconds(age), age_words(age))]

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if address and not address.startswith("https://") and not _is_on_this_machine(address):
            raise forms.ValidationError(_("Enter an address that starts with https://."))
        return address

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if "slug" in self.fields and "name" in self.cleaned_data and "slug" not in self.errors:
            self._complete_slug()
        return cleaned

    def _complete_slug(self) -> None:
        slug = self.cleaned_data["slug"] or slugify(self.cleaned_data["name"])[:40].strip("-_").replace("_", "-")
        if not slug or slug in RESERVED:
            self.add_error("slug", _("Enter a short name, such as “wiki”."))
        elif Application.objects.filter(slug=slug).exists():
            self.add_error("slug", _("Another application has this short name. Enter a different one."))
        else:
            self.cleaned_data["slug"] = slug

    @property
    def new_logo(self) -> Logo | None:
        found: Logo | None = self.cleaned_data.get("logo")
        return found

    @property
    def removes_the_logo(self) -> bool:
        return bool(self.cleaned_data.get("removes_logo")) and self.new_logo is None


def _is_on_this_machine(address: str) -> bool:
    """Whether a program on the same machine answers at an address, as in the demo. Source: RFC 6761, 6.3."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return parts.scheme == "http" and (host in {"localhost", "127.0.0.1"} or host.endswith(".localhost"))
