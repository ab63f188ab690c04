"""`Refusal`: why a support action is refused, as staff read it and as the audit log words it."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


class Refusal(StrEnum):
    """Why an action is refused. Recorded with each attempt, so the values never change."""

    NOT_ALLOWED = "not_allowed"
    ONESELF = "oneself"
    MORE_RIGHTS = "more_rights"
    EQUAL = "equal"
    OTHER_SCOPE = "other_scope"
    WIDER_SCOPE = "wider_scope"
    NO_CALLER = "no_caller"
    QUOTA = "quota"

    @property
    def label(self) -> str:
        """Name the reason in a few words, for the audit log."""
        return str(_LABELS[self])

    @property
    def advice(self) -> str:
        """Tell staff why it is refused, and what to do about it."""
        return str(_ADVICE[self])


_LABELS: Mapping[Refusal, LazyText] = {
    Refusal.NOT_ALLOWED: _("their role doesn’t include it"),
    Refusal.ONESELF: _("nobody can do it for themselves"),
    Refusal.MORE_RIGHTS: _("the person has more rights"),
    Refusal.EQUAL: _("the person has the same rights"),
    Refusal.OTHER_SCOPE: _("the person belongs to another desk"),
    Refusal.WIDER_SCOPE: _("the role would reach more people than their own"),
    Refusal.NO_CALLER: _("the caller wasn’t verified"),
    Refusal.QUOTA: _("they reached their daily number of actions"),
}
_ADVICE: Mapping[Refusal, LazyText] = {
    Refusal.NOT_ALLOWED: _("Your role doesn’t include this. Ask senior support."),
    Refusal.ONESELF: _("You can’t do this for your own account. Ask a colleague."),
    Refusal.MORE_RIGHTS: _("This person has more rights than you. Ask an administrator."),
    Refusal.EQUAL: _("They have the same rights as you. Ask an administrator to remove their staff roles first."),
    Refusal.OTHER_SCOPE: _("Another support desk helps this person. Ask a colleague there."),
    Refusal.WIDER_SCOPE: _("This role helps people you can’t help. Ask a colleague who can."),
    Refusal.NO_CALLER: _("Verify the caller first (required by policy)."),
    Refusal.QUOTA: _(
        "You’ve reached your limit of actions for today. Ask a colleague, or an administrator to raise it."
    ),
}
