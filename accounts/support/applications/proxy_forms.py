"""Forms of the staff pages: proxies, protected addresses, and what would be answered."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin_changes import ChangeForm
from accounts.integrations.forward_auth import forwarded_url, pages_on_application_host
from accounts.integrations.forward_auth.forwarded_url import Doubt
from accounts.models import Application, ProtectedHost, Proxy
from verification import strengths
from verification.inputs import LineField
from verification.policies import Networks


class ProxyForm(ChangeForm):
    """A proxy. Its secret has no field: it is drawn, and shown once."""

    networks = Networks(
        label=gettext_lazy("Addresses of the proxy"),
        help_text=gettext_lazy("We answer it only from these networks. One per line, such as 192.0.2.10/32."),
        error_messages={"required": gettext_lazy("Enter the address from which the proxy asks.")},
    )

    class Meta:
        model = Proxy
        fields = ("name", "slug", "program", "networks", "applications", "is_active")
        widgets = {"applications": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "applications" in self.fields:
            field: Any = self.fields["applications"]
            field.queryset = Application.objects.filter(kind=Application.Kind.PROXY).order_by("name")
            field.help_text = _("The proxy can protect only these. Select none for all applications.")


class ProtectedHostForm(ChangeForm):
    """A host or a part of it, and what visitors need there."""

    host = LineField(
        label=gettext_lazy("Host"),
        max_length=259,
        help_text=gettext_lazy("As in the browser’s address bar, such as wiki.example.org."),
        error_messages={"required": gettext_lazy("Enter the host, such as wiki.example.org.")},
    )
    path_prefix = LineField(
        label=gettext_lazy("Path"),
        max_length=200,
        initial="/",
        help_text=gettext_lazy("“/” is the whole host. If several paths match a page, the longest one applies."),
    )
    strength = forms.ChoiceField(label=gettext_lazy("Strength"), required=False)

    class Meta:
        model = ProtectedHost
        fields = ("application", "host", "path_prefix", "access", "strength")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "application" in self.fields:
            field: Any = self.fields["application"]
            field.queryset = Application.objects.filter(kind=Application.Kind.PROXY).order_by("name")
        strength: Any = self.fields["strength"]
        own = [(each.slug, each.label) for each in strengths.everything() if each.is_second_step]
        strength.choices = [("", _("The application’s strength")), *own]
        strength.help_text = _("Visitors always need the application’s own strength too.")

    def clean_host(self) -> str:
        name = forwarded_url.host_name(self.cleaned_data["host"])
        if name is None:
            raise forms.ValidationError(_("Enter only the host, such as wiki.example.org."))
        return name

    def clean_path_prefix(self) -> str:
        path: str = self.cleaned_data["path_prefix"].rstrip("/") + "/"
        found = forwarded_url.read(host="host.example.org", uri=path)
        if isinstance(found, Doubt) or forwarded_url.is_ambiguous(path) or "?" in path or found.path != path:
            raise forms.ValidationError(_("Enter a path as it is in the address bar, such as /admin/."))
        if path.startswith(pages_on_application_host.PREFIX):
            raise forms.ValidationError(_("This path belongs to the sign-in. Enter a different one."))
        return path

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("strength") and self.cleaned_data.get("access") != ProtectedHost.Access.STRENGTH:
            self.add_error("strength", _("Choose a strength only where visitors need one."))
        return cleaned


class QuestionForm(forms.Form):
    """Who would open which address, through which proxy."""

    username = LineField(label=gettext_lazy("Username"), max_length=150, required=False)
    url = LineField(
        label=gettext_lazy("Address"),
        max_length=4096,
        help_text=gettext_lazy("The whole address, as in the browser’s address bar."),
        error_messages={"required": gettext_lazy("Enter an address, such as https://wiki.example.org/page.")},
    )
    proxy = forms.ModelChoiceField(
        label=gettext_lazy("Proxy"),
        queryset=Proxy.objects.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("Any"),
    )
