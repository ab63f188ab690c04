"""Recommendations: whether a user could still sign in after losing a device, and what to set up if not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification.enrolments import Option

_FEW_CODES = 3
_UNTRIED = timedelta(days=182)


@dataclass(frozen=True)
class Mark:
    """One recommendation. Shape: `kind` is good, info, warn or bad; `url` is the name of the page for it."""

    kind: str
    title: str
    text: str
    url: str = ""
    label: str = ""


def everyday_methods(options: Sequence[Option]) -> set[str]:
    """Return the distinct things a user could lose. A number that takes texts and calls is one phone."""
    return {
        option.enrolment.address_digest or option.ref
        for option in options
        if not option.is_backup and not option.is_temporary and not option.is_locked
    }


def is_one_phone(options: Sequence[Option]) -> bool:
    """Return whether losing one phone may take everything: its number, and an app that usually runs on it."""
    lasting = [o for o in options if not o.is_backup and not o.is_temporary and not o.is_locked]
    elsewhere = {o.enrolment.address_digest or o.ref for o in lasting if not o.is_on_phone}
    return (
        any(o.is_on_phone for o in lasting)
        and len(elsewhere) == 1
        and all(o.enrolment.address_digest for o in lasting if not o.is_on_phone)
    )


def comfort(options: Sequence[Option]) -> str:
    """Explain why a user who has nothing left to do could still sign in."""
    if is_one_phone(options):
        return _("If you lost your phone, one of your recovery codes would do. Keep them somewhere else.")
    return _("If you lost one of these, another one would do.")


def marks(options: Sequence[Option], *, n_codes: int, has_backup: bool, now: datetime) -> list[Mark]:
    """Return what is worth doing, most urgent first; empty if all is well."""
    found = [_off(option) for option in options if option.is_locked]
    methods = everyday_methods(options)
    if len(methods) < 2:
        found.append(
            Mark(
                "warn",
                _("One way in is not enough"),
                _("Add a second way to verify. Without it a lost phone locks you out until support helps."),
                "portal:method-add",
                _("Add a method"),
            )
        )
    elif is_one_phone(options) and not n_codes:
        found.append(
            Mark(
                "warn",
                _("All of these may be on one phone"),
                _("If you lost it, nothing would be left. Add a method that is not on it, such as a passkey."),
                "portal:method-add",
                _("Add a method"),
            )
        )
    if has_backup and n_codes <= _FEW_CODES:
        found.append(_codes(n_codes))
    found += [_untried(option) for option in options if _is_untried(option, now)]
    return found


def _off(option: Option) -> Mark:
    words = _("There were too many wrong codes. Set it up again, and what you set up takes its place.")
    return Mark("bad", _("%(label)s is switched off") % {"label": option.label}, words)


def _codes(n_codes: int) -> Mark:
    title = (
        ngettext("%(n)d recovery code is left", "%(n)d recovery codes are left", n_codes) % {"n": n_codes}
        if n_codes
        else _("You have no recovery codes")
    )
    text = _("Print a set of ten for the day when nothing else is at hand.")
    return Mark("warn" if n_codes else "info", title, text, "portal:codes", _("Get new codes"))


def _is_untried(option: Option, now: datetime) -> bool:
    used = option.enrolment.last_used_at or option.enrolment.confirmed_at
    return option.needs_delivery and not option.is_locked and used is not None and now - used > _UNTRIED


def _untried(option: Option) -> Mark:
    title = _("Does %(label)s still reach you?") % {"label": option.label}
    return Mark("info", title, _("It was not used for half a year. Try it now, before you need it."))
