"""Reasons why an application opens for someone or doesn’t, and their words for the audit log."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText
from verification.policies import DecisionReason


class AccessReason(StrEnum):
    """Why an application opens or doesn’t. Recorded, so the values never change."""

    MET = "met"
    SKIPPED = "skipped"
    SIGNED_OUT = "signed-out"
    TOO_WEAK = "too-weak"
    TOO_OLD = "too-old"
    REMEMBERED = "remembered"
    NO_METHOD = "no-method"
    NO_METHOD_POSSIBLE = "no-method-possible"
    NOT_ALLOWED = "not-allowed"
    BLOCKED = "blocked"
    LOCKED = "locked"
    TOO_MANY_ROUNDS = "too-many-rounds"

    @property
    def label(self) -> str:
        """Name the reason in a few words, for the audit log and the person's activity."""
        return str(_LABELS[self]) if self in _LABELS else DecisionReason(self).label


_LABELS: Mapping[AccessReason, LazyText] = {
    AccessReason.MET: _("all requirements are met"),
    AccessReason.SKIPPED: _("a remembered browser or a trusted network is enough"),
    AccessReason.SIGNED_OUT: _("nobody is signed in"),
    AccessReason.TOO_WEAK: _("it needs a stronger method"),
    AccessReason.TOO_OLD: _("the verification was too long ago"),
    AccessReason.REMEMBERED: _("a remembered browser isn’t enough"),
    AccessReason.NO_METHOD: _("no strong enough method is set up"),
    AccessReason.NO_METHOD_POSSIBLE: _("no strong enough method can be set up"),
    AccessReason.NOT_ALLOWED: _("not in a group that may use it"),
    AccessReason.TOO_MANY_ROUNDS: _("verified twice, and it wasn’t enough"),
}
