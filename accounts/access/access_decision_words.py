"""The texts that explain an access decision, for the person and for staff."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.access.acr_and_amr_values import ACR_PASSWORD, ACR_PHISHING_RESISTANT, ACR_SECOND_STEP
from accounts.applications import AccessReason
from verification.lazy_text import LazyText

# A title and a text, with the application's name.
_REFUSALS: Mapping[AccessReason, tuple[LazyText, LazyText]] = {
    AccessReason.NOT_ALLOWED: (
        _("You can’t use %(application)s"),
        _(
            "Only some groups of your organisation can use %(application)s, and you aren’t in any of them. If you "
            "need it, ask your support desk."
        ),
    ),
    AccessReason.NO_METHOD_POSSIBLE: (
        _("You have no method that %(application)s accepts"),
        _(
            "%(application)s needs a stronger method than yours, and you can’t set one up yourself. Contact your "
            "support desk."
        ),
    ),
    AccessReason.TOO_MANY_ROUNDS: (
        _("%(application)s still asks you to verify"),
        _("You’ve verified twice, and it wasn’t enough. Contact your support desk, and tell them what you opened."),
    ),
    AccessReason.BLOCKED: (
        _("Your account is blocked"),
        _("Nobody can sign in to it until your support desk unblocks it. Contact them to find out why."),
    ),
    AccessReason.LOCKED: (
        _("Your second step is locked"),
        _("It stays locked until your support desk unlocks it. Contact them."),
    ),
}

_WHY: Mapping[AccessReason, LazyText] = {
    AccessReason.SIGNED_OUT: _("Sign in to continue to %(application)s."),
    AccessReason.TOO_WEAK: _(
        "%(application)s needs a stronger method than the one you verified with. Verify with one of these to continue."
    ),
    AccessReason.TOO_OLD: _("You last verified a while ago, and %(application)s needs a newer verification."),
    AccessReason.REMEMBERED: _(
        "%(application)s needs a verification each time, even in a browser or network where you usually skip it."
    ),
    AccessReason.NO_METHOD: _(
        "%(application)s needs a stronger method, and you have none yet. Verify first, then set one up."
    ),
}


def refusal(reason: AccessReason, application: str) -> tuple[str, str]:
    """Return a title and a text that say why someone can't use an application."""
    title, text = _REFUSALS[reason]
    about = {"application": application}
    return str(title) % about, str(text) % about


def why(reason: AccessReason, application: str) -> str:
    """Say why an application asks someone to sign in, to verify again or to set up a method."""
    return str(_WHY.get(reason, _WHY[AccessReason.SIGNED_OUT])) % {"application": application}


_LEVELS: Mapping[str, LazyText] = {
    ACR_PHISHING_RESISTANT: _("a phishing-resistant method"),
    ACR_SECOND_STEP: _("a second step"),
    ACR_PASSWORD: _("the password only"),
}


def level(acr: str) -> str:
    """Say how strongly somebody verified, as an application was told it; empty if it was told nothing."""
    return str(_LEVELS.get(acr, acr))
