"""Why a support action is refused: the sentence that staff read, and the words in the audit log."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


class ActionRefusal(StrEnum):
    """Why an action is refused. Recorded with each attempt, so the values never change."""

    NOT_ALLOWED = "not_allowed"
    ONESELF = "oneself"
    MORE_RIGHTS = "more_rights"
    EQUAL = "equal"
    OTHER_SCOPE = "other_scope"
    WIDER_SCOPE = "wider_scope"
    LEAVES_SCOPE = "leaves_scope"
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


_LABELS: Mapping[ActionRefusal, LazyText] = {
    ActionRefusal.NOT_ALLOWED: _("their role doesn’t include it"),
    ActionRefusal.ONESELF: _("nobody can do it for themselves"),
    ActionRefusal.MORE_RIGHTS: _("the person has more rights"),
    ActionRefusal.EQUAL: _("the person has the same rights"),
    ActionRefusal.OTHER_SCOPE: _("the person belongs to another desk"),
    ActionRefusal.WIDER_SCOPE: _("the role helps people they can’t help"),
    ActionRefusal.LEAVES_SCOPE: _("the person would leave their desk"),
    ActionRefusal.NO_CALLER: _("the caller wasn’t verified"),
    ActionRefusal.QUOTA: _("they reached their daily limit of actions"),
}
_ADVICE: Mapping[ActionRefusal, LazyText] = {
    ActionRefusal.NOT_ALLOWED: _("Your role doesn’t include this. Ask senior support."),
    ActionRefusal.ONESELF: _("You can’t do this for your own account. Ask a colleague."),
    ActionRefusal.MORE_RIGHTS: _("This person has more rights than you. Ask an administrator."),
    ActionRefusal.EQUAL: _("They have the same rights as you. Ask an administrator to remove their staff roles first."),
    ActionRefusal.OTHER_SCOPE: _("Another support desk helps this person. Ask a colleague there."),
    ActionRefusal.WIDER_SCOPE: _("This role helps people you can’t help. Ask a colleague who can."),
    ActionRefusal.LEAVES_SCOPE: _(
        "They would be in no group that your desk helps. Add them to another one first, or ask a colleague who can "
        "help everyone."
    ),
    ActionRefusal.NO_CALLER: _("Verify the caller first (required by policy)."),
    ActionRefusal.QUOTA: _(
        "You’ve reached your limit of actions for today. Ask a colleague, or an administrator to raise it."
    ),
}
