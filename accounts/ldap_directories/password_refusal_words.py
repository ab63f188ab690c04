"""What people read if their directory refuses a sign-in. Each text has an article: the outcome `directory_<answer>`."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.ldap_directories.password_result_codes import PasswordResult

WORDS: Mapping[PasswordResult, object] = {
    PasswordResult.MUST_CHANGE: _(
        "Your password is correct, but your organisation requires a new one. Change it where you usually do, such as "
        "on your work computer, and then sign in here."
    ),
    PasswordResult.EXPIRED: _(
        "Your password has expired. Change it where you usually do, such as on your work computer, and then sign in "
        "here."
    ),
    PasswordResult.DISABLED: _("Your organisation has disabled your account. Contact your support desk."),
    PasswordResult.ACCOUNT_EXPIRED: _("Your account has expired. Contact your support desk."),
    PasswordResult.OUTSIDE_HOURS: _("Your organisation doesn’t let you sign in at this time. Try again later."),
    PasswordResult.OTHER_MACHINE: _(
        "Your organisation lets you sign in only from certain computers. Contact your support desk."
    ),
    PasswordResult.RESTRICTED: _(
        "Your password is correct, but your organisation doesn’t let this account sign in here. Contact your support "
        "desk."
    ),
    PasswordResult.AWAY: _("We can’t check your password at the moment. Try again in a few minutes."),
    PasswordResult.LATER: _("Too many incorrect passwords. Try again later, or contact your support desk."),
    PasswordResult.NAME_TAKEN: _("Another account has your username. Contact your support desk."),
}
