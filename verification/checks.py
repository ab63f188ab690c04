"""Contradictions in the engine's settings, found at start. Each has a stable id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError, transaction

from verification import conf, registry
from verification.capabilities import SLOTS, Delivered
from verification.delivery.routing import routes
from verification.keys import crypto, key_uses
from verification.models import Kind


@register(Tags.security)
def keys_work(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Seal and open a canary with each key, so that a broken ring stops the start and not a sign-in."""
    try:
        ids = crypto.key_ids()
        broken = not ids or len(set(ids)) != len(ids) or not all(_works(key_id) for key_id in ids)
    except (ValueError, IndexError, crypto.Unsealable):
        broken = True
    if not broken:
        return []
    return [
        Error(
            "The key ring does not work.",
            hint="MFA_KEYS is id:base64 of 32 bytes, ids unique.",
            id="verification.E001",
        )
    ]


def _works(key_id: str) -> bool:
    sealed = crypto.seal(b"canary", purpose="check", bound="check", key_id=key_id)
    return crypto.unseal(sealed, purpose="check", bound="check") == b"canary"


@register(Tags.security, deploy=True)
def keys_fit(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Name what the database holds and these keys do not open. Nobody loses an option because a key left too early.

    Without a database, or before it was migrated, there is nothing to lose yet.
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
            f"Keys are missing. {'; '.join(missing)}.",
            hint="Put the old key back at the end of MFA_KEYS, run manage.py reencrypt, and remove the key when it "
            "says that you may. After a restore, run manage.py check_restore.",
            id="verification.E006",
        )
    ]


@register(Tags.compatibility)
def methods_are_there(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Without a method nobody could sign in."""
    if conf.methods():
        return []
    return [Error("No method is installed.", hint="Name packages in VERIFICATION_METHODS.", id="verification.E003")]


@register(Tags.compatibility)
def places_are_filled_once(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """The stock, support's pass and the offer on the first page are one each: two methods would contend for them."""
    rivals = [names for names in map(registry.names, SLOTS) if len(names) > 1]
    hint = "Leave one of them in VERIFICATION_METHODS."
    return [
        Error(f"These methods exclude each other: {', '.join(n)}.", hint=hint, id="verification.E004") for n in rivals
    ]


@register(Tags.compatibility, deploy=True)
def methods_are_carried(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """A method whose messages nobody carries is offered to nobody; without mail, nobody hears of a change."""
    if not routes.providers():
        return []  # that is said by another check
    idle = [str(method.label) for method in registry.having(Delivered) if not routes.able(method.kind)]
    found: list[CheckMessage] = []
    if idle:
        what = f"No provider carries what these need, so they are offered to nobody: {', '.join(idle)}."
        hint = "Add one that does to DELIVERY_PROVIDERS, if people are to have them."
        found.append(Caution(what, hint=hint, id="verification.W004"))
    if not routes.able(Kind.MAIL):
        what = "No provider carries mail, so people do not hear of changes to their account."
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
