"""Hints for input that can't be a code: too few digits, another option's code, or a password."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from verification import enrolments, method_registry
from verification.inputs import typed_codes
from verification.method_base import Method
from verification.method_capabilities import PublicKey
from verification.models.user_protocol import Person

NUMERIC_CODE = gettext_lazy("This looks like a code from a text, call, app or token. Choose that method to enter it.")
OTHER_METHOD = gettext_lazy("This looks like a different method: %(label)s. Choose it to enter this.")
APP_PASSWORD = gettext_lazy("This looks like an app password. Enter it in the app that you created it for.")

_app_passwords: list[Callable[[str], bool]] = []


def recognise_app_passwords(looks_like_one: Callable[[str], bool]) -> None:
    """Register how an app password is recognised by its shape. `accounts` generates them and knows their length."""
    if looks_like_one not in _app_passwords:
        _app_passwords.append(looks_like_one)


def words(user: Person, method: Method, text: str) -> str:
    """Say what was probably entered, judged by its shape only, so that the hint says nothing about the correct code."""
    others = {found.enrolment.method for found in enrolments.confirmed(user.pk)} - {method.name}
    meant = next((other for other in map(method_registry.method, sorted(others)) if _is_of(other, text)), None)
    if meant is not None and meant.is_numeric:
        return str(NUMERIC_CODE)
    if meant is not None:
        return str(OTHER_METHOD) % {"label": meant.label}
    if any(looks_like_one(text) for looks_like_one in _app_passwords):
        return str(APP_PASSWORD)
    folded = typed_codes.tidy(text)
    if method.is_numeric and folded.isdecimal():
        typed = ngettext("You entered %(n)d digit.", "You entered %(n)d digits.", len(folded)) % {"n": len(folded)}
        has_six = method.code_lengths == {6}
        return f"{typed} " + (
            _("A code has 6.") if has_six else _("Enter all the digits that it shows, and no others.")
        )
    if method.is_numeric:
        return _("Enter only the digits of the code. If it was your password, we neither checked nor stored it.")
    return _("Check it and enter it again. If it was your password, we neither checked nor stored it.")


def _is_of(method: Method, text: str) -> bool:
    return not isinstance(method, PublicKey) and method.fits(method.read(text))
