"""What people read after an incorrect username or password, and after too many."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The same for a username that nobody has.
INCORRECT_PASSWORD = gettext_lazy("Incorrect username or password. Check both and try again.")


def too_many_passwords(when: str) -> str:
    """Say that someone must wait before they try another password, and until when."""
    return _("Too many incorrect passwords. Try again %(when)s, or contact your support desk.") % {"when": when}
