"""Why an application asks someone to sign in, to verify again or to set up a method."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.applications import AccessReason
from verification.lazy_text import LazyText

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


def why(reason: AccessReason, application: str) -> str:
    """Say why an application asks someone to sign in, to verify again or to set up a method."""
    return str(_WHY.get(reason, _WHY[AccessReason.SIGNED_OUT])) % {"application": application}
