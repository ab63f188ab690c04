"""Forms for signing in: username and password, and the code."""

from typing import Any

from django import forms
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

# The same for a username that nobody has.
INCORRECT_PASSWORD = _("Incorrect username or password. Check both and try again.")


class _Drawn:
    """A widget that renders without a template, which took a fifth of the sign-in page's time for two fields.

    Subclasses are named like Django's: templates choose by `field.widget_type`, which is made from the name.
    """

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Render the same element as Django's template."""
        widget: dict[str, Any] = self.get_context(name, value, attrs)["widget"]  # type: ignore[attr-defined]  # a widget's
        given = {"type": widget["type"], "name": widget["name"], "value": widget["value"], **widget["attrs"]}
        return mark_safe(f"<input{''.join(map(_attribute, given, given.values()))}>")  # noqa: S308  (escaped below)


def _attribute(name: str, value: Any) -> str:
    """Write an attribute as `flatatt` does. That one formats with lazy functions, which takes four times as long."""
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'


class TextInput(_Drawn, forms.TextInput):
    pass


class PasswordInput(_Drawn, forms.PasswordInput):
    pass


class CheckboxInput(_Drawn, forms.CheckboxInput):
    pass


class PasswordForm(forms.Form):
    """Username and password."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        error_messages={"required": _("Enter your username.")},
        widget=TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=4096,
        error_messages={"required": _("Enter your password.")},
        widget=PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Put the cursor where typing goes on: into the password once a username was sent."""
        super().__init__(*args, **kwargs)
        first = "password" if self.data.get("username") else "username"
        self.fields[first].widget.attrs["autofocus"] = True


class CodeForm(forms.Form):
    """A code, and whether to remember this browser."""

    code = forms.CharField(label=_("Code"), max_length=1000, error_messages={"required": _("Enter the code.")})
    remember = forms.BooleanField(required=False, widget=CheckboxInput)

    def __init__(self, *args: Any, remember_days: int, digits: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric" if digits else "text"
        self.fields["remember"].label = ngettext(
            "Don’t ask again on this browser for %(n)d day",
            "Don’t ask again on this browser for %(n)d days",
            remember_days,
        ) % {"n": remember_days}
        if not remember_days:
            del self.fields["remember"]
