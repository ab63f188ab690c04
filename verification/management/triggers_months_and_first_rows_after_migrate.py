"""What `migrate` adds: the months of large tables, the audit triggers, and the first rows of a new database.

These are receivers of `post_migrate`, like those of `django.contrib.auth` that create permissions. Each adds only what
is missing.
"""

import secrets
from typing import Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.models import Model
from django.utils import timezone

from verification import retention
from verification.audit import triggers
from verification.keys import crypto, key_uses
from verification.limits.spending_limits import LIMITS_OF_A_NEW_DATABASE
from verification.models import AuditEvent, AuditRemoval, AuditSeal, DigestKey, Message, SpendingLimit


def are_migrated(using: str, apps: Any, *models: type[Model]) -> bool:
    """Return whether a database has the tables of these models with the columns of this version.

    It may not after `migrate` of single apps, or back to an older state. `apps` are the models as migrated.
    """
    for model in models:
        try:
            there = apps.get_model(model._meta.label)
        except LookupError:
            return False
        if not router.allow_migrate_model(using, there) or _columns(there) != _columns(model):
            return False
    return True


def _columns(model: type[Model]) -> set[str | None]:
    return {field.column for field in model._meta.local_fields}


def put_audit_triggers(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Create the triggers that are missing or differ, for example after a migration recreated their table."""
    if are_migrated(using, apps, AuditEvent, AuditRemoval, AuditSeal):
        triggers.put(connections[using])


def make_months(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Make the months of large tables that are missing. Call it before the triggers are put: a month needs its own."""
    if are_migrated(using, apps, AuditEvent, AuditRemoval, AuditSeal, Message):
        retention.make_months(timezone.now(), using=using)


def make_first_rows(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Give a new database its digest key and its spending limits, because a limit that is off by default limits nobody.

    A database with a digest key or an audit event is not new. There the organisation may have removed the limits, and
    a missing digest key means that rows were lost, which a new key would hide.
    """
    if not are_migrated(using, apps, AuditEvent, SpendingLimit, DigestKey):
        return
    with transaction.atomic(using=using):
        if not DigestKey.objects.using(using).exists() and not AuditEvent.objects.using(using).exists():
            limits = SpendingLimit.objects.using(using)
            for span, (alarm_at, stop_at) in LIMITS_OF_A_NEW_DATABASE.items():
                limits.get_or_create(span=span, defaults={"alarm_at": alarm_at, "stop_at": stop_at})
            key_uses.add_digest_key(f"d{secrets.token_hex(6)}", secrets.token_bytes(32), using=using)
    if using == DEFAULT_DB_ALIAS:
        crypto.forget()
        crypto.digest_keys()  # cached now, so that later code in this process needn't query it
