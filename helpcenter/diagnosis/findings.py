"""Input and output of a diagnosis: the user's state, and findings with the button and article that help."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from helpcenter import contacts
from verification import registry
from verification.context import Context
from verification.enrolments import Option
from verification.models import Channel, FailureReason, Message
from verification.policies import Decision, SignInStep

MAX_EVENT_AGE = timedelta(hours=1)


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
# If a message fails for one of these reasons, a call to the same number does not arrive either.
_NUMBER_IS_DEAD = {FailureReason.UNREACHABLE, FailureReason.INVALID_NUMBER, FailureReason.COUNTRY_NOT_ALLOWED}


@dataclass(frozen=True, kw_only=True)
class DiagnosisInput:
    """The input of a diagnosis. `is_half`: before the second step; then `message` is the challenge's.

    `options` are the user's methods, also where the decision needs none of them.
    """

    user: User
    context: Context
    decision: Decision
    options: tuple[Option, ...]
    message: Message | None
    is_half: bool

    @property
    def is_refused(self) -> bool:
        """Return whether the user can't sign in now with any method. The finding of `refused` then comes first."""
        return self.decision.step is SignInStep.DENY

    @property
    def others(self) -> list[Option]:
        """The methods that work now, apart from the one that the newest message was sent by.

        A call to the same number counts as another method, unless the number itself cannot be reached.
        """
        if self.is_refused:
            return []
        return [option for option in self.options if works(option) and not self._is_of_message(option)]

    def _is_of_message(self, option: Option) -> bool:
        if self.message is None or option.enrolment.hint != self.message.hint:
            return False
        return kind(option) == self.message.kind or self.message.reason in _NUMBER_IS_DEAD

    @cached_property
    def support(self) -> str:
        """The name of the support desk that helps this user."""
        return contacts.desk_of(self.user).name or _("your support desk")

    def or_support(self, does: str, without: str) -> str:
        """Return what to do if there is another method, or else how support helps. `without` takes `support`."""
        return does if self.others else without % {"support": self.support}


def works(option: Option) -> bool:
    """Return whether a method can be used right away."""
    return not option.is_locked and not option.unavailable_reason and option.retry_at is None


def kind(option: Option) -> str:
    """Return the kind of message that a method sends; empty if it sends none."""
    return registry.method(option.method).kind


def is_phone(option: Option) -> bool:
    """Return whether a method sends texts or calls."""
    return kind(option) in {Channel.TEXT, Channel.CALL}


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
