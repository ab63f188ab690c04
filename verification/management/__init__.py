"""What the engine's tables hold after every `migrate`: the audit triggers, and in a new database its first rows.

Receivers of `post_migrate`, as `django.contrib.auth` makes its permissions. Each asks what is there and changes nothing
when nothing is missing.
"""

import secrets
from decimal import Decimal
from typing import Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.models import Model

from verification.audit import triggers
from verification.keys import crypto, key_uses
from verification.models import AuditEvent, AuditSeal, DigestKey, SpendingLimit


def are_migrated(using: str, apps: Any, *models: type[Model]) -> bool:
    """Tell whether a database has the tables of these models, with the columns of this version.

    After `migrate` of some apps alone, or back to an older state, it may not. `apps` are the models as migrated.
    """
    for model in models:
        try:
            there = apps.get_model(model._meta.label)  # noqa: SLF001
        except LookupError:
            return False
        if not router.allow_migrate_model(using, there) or _columns(there) != _columns(model):
            return False
    return True


def _columns(model: type[Model]) -> set[str | None]:
    return {field.column for field in model._meta.local_fields}  # noqa: SLF001


def put_audit_triggers(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Put the triggers that are missing or differ, also where a migration made their table again."""
    if are_migrated(using, apps, AuditEvent, AuditSeal):
        triggers.put(connections[using])


def make_first_rows(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Give a new database its key for digests and its spending limits: a limit that must be switched on limits nobody.

    A database that holds a key or a record is not new. There an organisation may have removed the limits; and an empty
    table of keys beside a record means that rows were lost, which a new key would hide.
    """
    if not are_migrated(using, apps, AuditEvent, SpendingLimit, DigestKey):
        return
    with transaction.atomic(using=using):
        if not DigestKey.objects.using(using).exists() and not AuditEvent.objects.using(using).exists():
            limits = SpendingLimit.objects.using(using)
            limits.get_or_create(span="day", defaults={"alarm_at": Decimal(100), "stop_at": Decimal(400)})
            limits.get_or_create(span="month", defaults={"alarm_at": Decimal(1000), "stop_at": Decimal(4000)})
            key_uses.add_digest_key(f"d{secrets.token_hex(6)}", secrets.token_bytes(32), using=using)
    if using == DEFAULT_DB_ALIAS:
        crypto.forget()
        crypto.digest_keys()  # read once, here and now: what follows in this process need not
