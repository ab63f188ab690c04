"""A finding of a diagnosis: what was found, what to do, and the button and article that help."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpcenter.diagnosis.diagnosis_input import DiagnosisInput


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding. Shape: `name` says what was found, `to` names the button that solves it, `slug` its article."""

    name: str
    kind: str
    sees: str
    does: str
    to: str = ""
    slug: str = ""

    @property
    def url(self) -> str:
        return _PLACES[self.to][0] if self.to else ""

    @property
    def label(self) -> str:
        return str(_PLACES[self.to][1]) if self.to else ""


# Where the buttons of findings lead.
_PLACES = {
    "options": ("/sign-in/options/", gettext_lazy("Use a different verification option")),
    "methods": ("/methods/", gettext_lazy("View your methods")),
    "new_phone": ("/methods/new-phone/", gettext_lazy("Move to a new phone")),
    "add": ("/methods/add/", gettext_lazy("Add a method")),
    "applications": ("/applications/", gettext_lazy("View your applications")),
    "browsers": ("/browsers/", gettext_lazy("View your browsers and sessions")),
    "secure": ("/activity/secure/", gettext_lazy("Secure your account")),
    "app_passwords": ("/app-passwords/", gettext_lazy("View your app passwords")),
    "make": ("/app-passwords/make/", gettext_lazy("Create an app password")),
    "not_me": ("/activity/not-me/", gettext_lazy("This wasn’t me")),
}


def no_methods(seen: DiagnosisInput) -> Finding:
    """Say that the user has set up nothing yet."""
    does = _("Continue signing in to set one up.") if seen.is_half else _("Set one up.")
    to = "" if seen.is_half else "add"
    sees = _("You have no methods set up.")
    return Finding(name="no-methods", kind="warn", sees=sees, does=does, to=to, slug="set-up")


def other_method(seen: DiagnosisInput) -> str:
    """Return the name of the button that leads to another method; empty if there is none."""
    if not seen.others:
        return ""
    return "options" if seen.is_half else "methods"
