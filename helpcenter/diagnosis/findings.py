"""Input and output of a diagnosis: the user's state, and findings with the button and article that help."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy

from accounts.models import User
from verification.context import Context
from verification.enrolments import Option
from verification.models import Message
from verification.policies import Decision

RECENT = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding. Shape: `to` names the button that solves it, `slug` its article."""

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
    "methods": ("/methods/", gettext_lazy("See your methods")),
    "new_phone": ("/methods/new-phone/", gettext_lazy("Move to a new phone")),
    "add": ("/methods/add/", gettext_lazy("Add a method")),
    "browsers": ("/browsers/", gettext_lazy("See your browsers and sign-ins")),
    "secure": ("/activity/secure/", gettext_lazy("Make your account safe")),
    "app_passwords": ("/app-passwords/", gettext_lazy("See your app passwords")),
    "make": ("/app-passwords/make/", gettext_lazy("Make an app password")),
    "not_me": ("/activity/not-me/", gettext_lazy("Something wasn’t me")),
}


@dataclass(frozen=True, kw_only=True)
class View:
    """The input of a diagnosis. `is_half`: before the second step; then `message` is the challenge's."""

    user: User
    context: Context
    decision: Decision
    message: Message | None
    is_half: bool

    @property
    def others(self) -> list[Option]:
        """The options other than the one that the newest message went to."""
        used = self.message.hint if self.message else ""
        return [
            o
            for o in self.decision.options
            if not o.is_locked and not o.unavailable_reason and (not used or o.enrolment.hint != used)
        ]


def way_on(seen: View) -> str:
    """Return the name of the button that leads to another option, or an empty string."""
    if not seen.others:
        return ""
    return "options" if seen.is_half else "methods"
