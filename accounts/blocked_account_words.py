"""What people read if their account is blocked: at sign-in, and on the way to an application."""

from django.utils.translation import gettext_lazy as _

TITLE = _("Your account is blocked")
TEXT = _("Nobody can sign in to it until your support desk unblocks it. Contact them to find out why.")
