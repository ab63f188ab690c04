"""System checks of verification's settings. Each has a stable id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError, transaction

from verification import conf, method_registry
from verification.delivery.routing import routes
from verification.keys import crypto, key_uses
from verification.method_capabilities import SLOTS, Delivered
from verification.models import Channel


@register(Tags.security)
def keys_work(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Encrypt and decrypt a test value with each key, so that a broken key stops the start instead of a sign-in."""
    try:
        ids = crypto.key_ids()
        broken = not ids or len(set(ids)) != len(ids) or not all(_works(key_id) for key_id in ids)
    except (ValueError, IndexError, crypto.Unsealable):
        broken = True
    if not broken:
        return []
    return [
        Error(
            "The keys in MFA_KEYS don't work.",
            hint="Write each key as id:base64 of 32 bytes, with a different id for each.",
            id="verification.E001",
        )
    ]


def _works(key_id: str) -> bool:
    sealed = crypto.seal(b"canary", purpose="check", bound="check", key_id=key_id)
    return crypto.unseal(sealed, purpose="check", bound="check") == b"canary"


@register(Tags.security, deploy=True)
def keys_fit(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Name the encrypted data that needs a missing key, so that nobody loses a method because a key was removed early.

    Without a database, or before it is migrated, there is nothing to lose yet.
    """
    try:
        with transaction.atomic():
            missing = [str(lost) for lost in key_uses.lost()]
    except DatabaseError:
        return []
    if not missing:
        return []
    return [
        Error(
            f"Keys are missing from MFA_KEYS: {'; '.join(missing)}.",
            hint="Add the old key at the end of MFA_KEYS, run manage.py reencrypt, and remove the key when the command "
            "says that you can. After a restore, run manage.py check_restore.",
            id="verification.E006",
        )
    ]


@register(Tags.compatibility)
def methods_are_there(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Require a method, because nobody could sign in without one."""
    if method_registry.packages():
        return []
    return [Error("No method is installed.", hint="List packages in VERIFICATION_METHODS.", id="verification.E003")]


@register(Tags.compatibility)
def places_are_filled_once(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse two methods for a role that only one can have: tokens from stock, passes, passwordless sign-in."""
    rivals = [names for names in map(method_registry.names, SLOTS) if len(names) > 1]
    hint = "Keep only one of them in VERIFICATION_METHODS."
    return [
        Error(f"These methods can't be installed together: {', '.join(n)}.", hint=hint, id="verification.E004")
        for n in rivals
    ]


@register(Tags.compatibility, deploy=True)
def methods_are_carried(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Warn of methods whose messages no provider sends, and of a service without email."""
    if not routes.providers():
        return []  # another check reports this
    idle = [str(method.label) for method in method_registry.having(Delivered) if not routes.able(method.kind)]
    found: list[CheckMessage] = []
    if idle:
        what = f"No provider sends the messages of these methods, so nobody can use them: {', '.join(idle)}."
        hint = "To offer them, add a provider that sends such messages to DELIVERY_PROVIDERS."
        found.append(Caution(what, hint=hint, id="verification.W004"))
    if not routes.able(Channel.MAIL):
        what = "No provider sends email, so people aren't notified of changes to their account."
        found.append(Caution(what, hint="Add smtp to DELIVERY_PROVIDERS.", id="verification.W005"))
    return found


# The first limit comes before the second, so it can't be the higher one.
_LIMITS = (
    (conf.failures_before_delay, conf.lockout_threshold, "a method would lock before the first delay"),
    (
        conf.password_failures_before_delay,
        conf.password_failures_per_day,
        "the daily limit would come before any delay",
    ),
)


@register(Tags.security)
def limits_agree(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Find limits that contradict each other."""
    return [
        Error(
            f"{larger.name} is {larger()}, less than {smaller.name} ({smaller()}): {why}.",
            hint=f"Set {larger.name} to {smaller()} or more.",
            id="verification.E007",
        )
        for smaller, larger, why in _LIMITS
        if larger() < smaller()
    ]
