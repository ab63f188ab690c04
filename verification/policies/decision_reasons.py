"""Reasons for a policy decision, with their words for pages, reports and the audit log."""

from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


class DecisionReason(StrEnum):
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
    def read(cls, recorded: object) -> "DecisionReason | None":
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


_LABELS: Mapping[DecisionReason, LazyText] = {
    DecisionReason.REQUIRED: _("the second step is required"),
    DecisionReason.NOT_REQUIRED: _("the second step is off"),
    DecisionReason.REMEMBERED: _("remembered browser"),
    DecisionReason.TRUSTED_NETWORK: _("trusted network"),
    DecisionReason.NO_METHOD: _("no method is set up"),
    DecisionReason.METHOD_NOT_ALLOWED: _("no method that is set up is allowed"),
    DecisionReason.BLOCKED: _("the account is blocked"),
    DecisionReason.LOCKED: _("the second step is locked"),
    DecisionReason.ALL_OFF: _("all methods are locked"),
    DecisionReason.DEFERRED: _("setup was postponed"),
    DecisionReason.BYPASSED: _("one-time bypass"),
}
_SKIPPED: Mapping[DecisionReason, LazyText] = {
    DecisionReason.NOT_REQUIRED: _("No second step was needed, because two-step verification is off for this account."),
    DecisionReason.REMEMBERED: _("No second step was needed, because this browser is remembered."),
    DecisionReason.TRUSTED_NETWORK: _("No second step was needed, because this is a trusted network."),
    DecisionReason.DEFERRED: _("No second step was needed, because the setup was postponed."),
    DecisionReason.BYPASSED: _("No second step was needed, because the support desk gave a one-time bypass."),
}
