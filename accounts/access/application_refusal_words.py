"""What people read if an application refuses them."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts import blocked_account_words
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
    AccessReason.BLOCKED: (blocked_account_words.TITLE, blocked_account_words.TEXT),
    AccessReason.LOCKED: (
        _("Your second step is locked"),
        _("It stays locked until your support desk unlocks it. Contact them."),
    ),
}


def refusal(reason: AccessReason, application: str) -> tuple[str, str]:
    """Return a title and a text that say why someone can't use an application."""
    title, text = _REFUSALS[reason]
    about = {"application": application}
    return str(title) % about, str(text) % about
