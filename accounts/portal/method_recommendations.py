"""Recommendations: whether a user could still sign in after losing a device, and what to set up if not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from verification import enrolments
from verification.enrolments import Option

_RENEW_AT_CODES = 3  # recovery codes left, or fewer
_TRY_AFTER = timedelta(days=182)  # without a use; the text says it in months


@dataclass(frozen=True)
class Recommendation:
    """Something worth doing. Shape: `kind` is good, info, warn or bad; `url` is the name of the page for it."""

    name: str
    kind: str
    title: str
    text: str
    url: str = ""
    label: str = ""


def _lasting(options: Sequence[Option]) -> list[Option]:
    return [o for o in options if not o.is_backup and not o.is_temporary and not o.is_locked]


def devices(options: Sequence[Option]) -> list[list[Option]]:
    """Group a user's methods by the device that they are lost with, phones first.

    Texts and calls to one number reach one phone. An authenticator app is presumed to be on the first of these phones,
    unless the user says that it is on another device.
    """
    lasting = _lasting(options)
    phones: dict[str, list[Option]] = {}
    for option in lasting:
        if digest := option.enrolment.address_digest:
            phones.setdefault(digest, []).append(option)
    apps = [o for o in lasting if o.is_on_phone]
    found = list(phones.values())
    if found:
        found[0] += apps
    elif apps:
        found = [apps]
    return found + [[o] for o in lasting if not o.is_on_phone and not o.enrolment.address_digest]


def _is_phone(device: Sequence[Option]) -> bool:
    return any(o.is_on_phone or o.enrolment.address_digest for o in device)


def reassurance(options: Sequence[Option]) -> str:
    """Explain how a user who has nothing left to do could still sign in."""
    found = devices(options)
    has_phone = bool(found) and _is_phone(found[0])
    if len(found) > 1 and has_phone:
        left = ", ".join(option.label for device in found[1:] for option in device)
        return _("If you lose your phone, you can still sign in with: %(methods)s.") % {"methods": left}
    if len(found) > 1:
        return _("If you lose one method, you can sign in with another.")
    if has_phone:
        return _("If you lose your phone, sign in with a recovery code. Store the codes away from your phone.")
    return _("If you lose this method, sign in with a recovery code. Store the codes where only you can reach them.")


def recommend(options: Sequence[Option], *, n_codes: int, has_backup: bool, now: datetime) -> list[Recommendation]:
    """Return what is worth doing, most urgent first; empty if all is well. Without `has_backup`, no code works."""
    found = [_locked(option) for option in options if option.is_locked]
    is_off = any(option.is_locked for option in options if option.is_backup)
    lasting, can_use_code = _lasting(options), has_backup and n_codes > 0 and not is_off
    if not lasting or (len(devices(options)) < 2 and not can_use_code):
        found.append(_alone(lasting) if lasting else _nothing(options))
    if has_backup and n_codes <= _RENEW_AT_CODES and not is_off:
        found.append(_codes(n_codes))
    found += [_untried(option) for option in options if _is_untried(option, now)]
    return found


def _nothing(options: Sequence[Option]) -> Recommendation:
    """Say that a method is missing. What is left may be locked, a pass, or codes that work once."""
    name, title, text = "none", _("You have no method"), _("Your password is all that protects your account.")
    if options:
        name, title = "none_for_everyday", _("You have no method for everyday use")
        text = _("You need one that works each time you sign in.")
    text += " " + _("Add a method, such as a passkey.")
    return Recommendation(name, "warn", title, text, "portal:method-add", _("Add a method"))


def _alone(methods: Sequence[Option]) -> Recommendation:
    """Say what would happen if the one device were lost, and what would help."""
    place, label = "portal:method-add", _("Add a method")
    if len(methods) == 1:
        text = _(
            "If you lose it, you can’t sign in until the support desk helps you. Add a method that you can’t lose with "
            "it, such as a passkey, or get recovery codes."
        )
        return Recommendation("only_one", "warn", _("You have only one method"), text, place, label)
    text = _(
        "If you lose that phone, you can’t sign in until the support desk helps you. Add a method that isn’t on it, "
        "such as a passkey or the number of another phone, or get recovery codes."
    )
    if any(option.is_on_phone for option in methods):
        text += " " + _("Is the app on another device? Choose Rename beside it under Methods.")
    return Recommendation("one_phone", "warn", _("All your methods are on one phone"), text, place, label)


def _locked(option: Option) -> Recommendation:
    title = _("%(label)s is locked") % {"label": option.label}
    if option.is_handed_out or (option.is_backup and option.limits.is_all_locked):  # new codes would be locked too
        return Recommendation(
            "locked", "bad", title, _("There were too many incorrect codes. The support desk can help you.")
        )
    if option.is_backup:
        words = _("There were too many incorrect codes. Get new ones, or contact the support desk.")
        return Recommendation("locked", "bad", title, words, "portal:recovery-codes", _("Get new codes"))
    words = _("There were too many incorrect codes. Set it up again, or contact the support desk.")
    return Recommendation("locked", "bad", title, words, "portal:method-add", _("Set it up again"))


def _codes(n_codes: int) -> Recommendation:
    title = (
        ngettext("You have %(n)d recovery code left", "You have %(n)d recovery codes left", n_codes) % {"n": n_codes}
        if n_codes
        else _("You have no recovery codes")
    )
    text = _("Print %(n)d new ones. With a recovery code you can sign in when you have no other method with you.")
    text %= {"n": enrolments.recovery_codes_in_set()}
    name, kind = ("few_codes", "warn") if n_codes else ("no_codes", "info")
    return Recommendation(name, kind, title, text, "portal:recovery-codes", _("Get new codes"))


def _is_untried(option: Option, now: datetime) -> bool:
    used = option.enrolment.last_used_at or option.enrolment.confirmed_at
    is_ready = not option.is_locked and not option.retry_at and not option.unavailable_reason
    return option.needs_delivery and is_ready and used is not None and now - used > _TRY_AFTER


def _untried(option: Option) -> Recommendation:
    title = _("Does %(label)s still reach you?") % {"label": option.label}
    text = _("You haven’t used it for %(n)d months. Choose Try it now, so that you know it works when you need it.")
    text %= {"n": _TRY_AFTER.days // 30}
    return Recommendation("untried", "info", title, text, "portal:methods", _("Check your methods"))
