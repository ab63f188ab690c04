"""What people read if their directory refuses a sign-in. Each text has an article: the outcome `directory_<answer>`."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.directories.password_result_codes import Answer

WORDS: Mapping[Answer, object] = {
    Answer.MUST_CHANGE: _(
        "Your password is correct, but your organisation requires a new one. Change it where you usually do, such as "
        "on your work computer, and then sign in here."
    ),
    Answer.EXPIRED: _(
        "Your password has expired. Change it where you usually do, such as on your work computer, and then sign in "
        "here."
    ),
    Answer.DISABLED: _("Your organisation has disabled your account. Contact your support desk."),
    Answer.ACCOUNT_EXPIRED: _("Your account has expired. Contact your support desk."),
    Answer.OUTSIDE_HOURS: _("Your organisation doesn’t let you sign in at this time. Try again later."),
    Answer.OTHER_MACHINE: _(
        "Your organisation lets you sign in only from certain computers. Contact your support desk."
    ),
    Answer.RESTRICTED: _(
        "Your password is correct, but your organisation doesn’t let this account sign in here. Contact your support "
        "desk."
    ),
    Answer.AWAY: _("We can’t check your password at the moment. Try again in a few minutes."),
    Answer.LATER: _("Too many incorrect passwords. Wait half an hour, or contact your support desk."),
    Answer.NAME_TAKEN: _("Another account has your username. Contact your support desk."),
}
