"""Reasons for a policy decision, with their words for pages, reports and the audit log."""

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


class Why(StrEnum):
    """The reason for a decision. Recorded, so the values never change."""

    REQUIRED = "required"
    NOT_REQUIRED = "not_required"
    REMEMBERED = "remembered"
    TRUSTED_NETWORK = "trusted_network"
    NO_METHOD = "no_method"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BLOCKED = "blocked"
    LOCKED = "locked"
    ALL_OFF = "all_off"
    DEFERRED = "put_off"
    BYPASSED = "bypassed"

    @classmethod
    def read(cls, recorded: object) -> "Why | None":
        """Return a recorded reason, or nothing for one that isn't a decision's."""
        with suppress(ValueError):
            return cls(str(recorded))
        return None

    @property
    def label(self) -> str:
        """Name the reason in a few words, for lists and the audit log."""
        return str(_LABELS[self])

    @property
    def why_skipped(self) -> str:
        """Say to anyone why the second step wasn't needed; empty if it was."""
        return str(_SKIPPED.get(self, ""))


_LABELS: Mapping[Why, LazyText] = {
    Why.REQUIRED: _("the second step is required"),
    Why.NOT_REQUIRED: _("the second step is off"),
    Why.REMEMBERED: _("remembered browser"),
    Why.TRUSTED_NETWORK: _("trusted network"),
    Why.NO_METHOD: _("no method is set up"),
    Why.METHOD_NOT_ALLOWED: _("no method that is set up is allowed"),
    Why.BLOCKED: _("the account is blocked"),
    Why.LOCKED: _("the second step is locked"),
    Why.ALL_OFF: _("all methods are locked"),
    Why.DEFERRED: _("setup was postponed"),
    Why.BYPASSED: _("one-time bypass"),
}
_SKIPPED: Mapping[Why, LazyText] = {
    Why.NOT_REQUIRED: _("No second step was needed, because two-step verification is off for this account."),
    Why.REMEMBERED: _("No second step was needed, because this browser is remembered."),
    Why.TRUSTED_NETWORK: _("No second step was needed, because this is a trusted network."),
    Why.DEFERRED: _("No second step was needed, because the setup was postponed."),
    Why.BYPASSED: _("No second step was needed, because the support desk gave a one-time bypass."),
}
