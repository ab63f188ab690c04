"""What people read if their password was correct and they can't sign in: blocked, locked, or all methods locked."""

from django.utils.translation import gettext as _

from accounts import blocked_account_words
from verification.policies import DecisionReason


def refused(why: str) -> dict[str, str]:
    """Return the title and text for someone whose password was correct, but who can't sign in now."""
    table = {
        DecisionReason.BLOCKED: (blocked_account_words.TITLE, blocked_account_words.TEXT),
        DecisionReason.LOCKED: (
            _("Your second step is locked"),
            _(
                "Someone pressed 0# in a call about your sign-in to report fraud, or your support desk locked it. It "
                "stays locked until they unlock it. Contact them."
            ),
        ),
        DecisionReason.ALL_OFF: (
            _("All your methods are locked"),
            _("There were too many incorrect codes. They stay locked until your support desk unlocks them."),
        ),
    }
    title, text = table.get(DecisionReason(why), table[DecisionReason.BLOCKED])
    return {"title": str(title), "text": str(text)}
