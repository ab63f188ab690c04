"""The password validator, with the words that refuse a password. `which_passwords_are_refused` decides which."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import breached_passwords
from accounts.breached_passwords import PasswordList
from accounts.models import User


class BreachedPasswordValidator:
    """Refuse a new password that attackers try first, and say why. Listed in AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: User | None = None) -> None:
        found = breached_passwords.found_in(password)
        if found is PasswordList.COMMON:
            words = _("This password is too common, even with digits or symbols added. Choose a different one.")
            raise ValidationError(words, code="password_common")
        if found is PasswordList.BREACHED:
            words = _("This password was exposed in a data breach, so attackers try it. Choose a different one.")
            raise ValidationError(words, code="password_breached")

    def get_help_text(self) -> str:
        return _("Don’t use a common password, or one that was exposed in a data breach.")
