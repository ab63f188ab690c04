"""Contradictions in the engine's settings, found at start. Each has a stable id and a hint."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from verification import conf, crypto


@register(Tags.security)
def keys_work(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Seal and open a canary with each key, so that a broken ring stops the start and not a sign-in."""
    try:
        ids = crypto.key_ids()
        sealed = crypto.seal(b"canary", purpose="check", bound="check")
        broken = (
            not ids or len(set(ids)) != len(ids) or crypto.unseal(sealed, purpose="check", bound="check") != b"canary"
        )
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


@register(Tags.database)
def database_can(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Guarded upserts answer with RETURNING, which SQLite knows since 3.35."""
    if connection.vendor == "sqlite" and sqlite3.sqlite_version_info < (3, 35):
        return [Error("This SQLite is too old.", hint="Use SQLite 3.35 or PostgreSQL.", id="verification.E002")]
    return []


@register(Tags.compatibility)
def methods_are_there(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Without a method nobody could sign in."""
    if conf.methods():
        return []
    return [Error("No method is installed.", hint="Name packages in VERIFICATION_METHODS.", id="verification.E003")]
