"""What the engine's tables hold after every `migrate`: the audit triggers, and in a new database its first rows.

Receivers of `post_migrate`, as `django.contrib.auth` makes its permissions. Each asks what is there and changes nothing
when nothing is missing. `apps` are the models as far as they are migrated.
"""

import secrets
from decimal import Decimal
from typing import Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction

from verification import crypto, guards, key_uses


def put_audit_triggers(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Put the triggers that are missing or differ, also where a migration made their table again."""
    if _are_there(apps, using, "AuditEvent", "AuditSeal"):
        guards.put(connections[using])


def make_first_rows(*, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_more: Any) -> None:
    """Give a new database its key for digests and its caps: a limit that must be switched on limits nobody.

    A database that holds a key or a record is not new. There an organisation may have removed the caps; and an empty
    table of keys beside a record means that rows were lost, which a new key would hide.
    """
    if not _are_there(apps, using, "AuditEvent", "Cap", "DigestKey"):
        return
    with transaction.atomic(using=using):
        caps, events, keys = (
            apps.get_model("verification", name).objects.using(using) for name in ("Cap", "AuditEvent", "DigestKey")
        )
        if not keys.exists() and not events.exists():
            caps.get_or_create(span="day", defaults={"alarm_at": Decimal(100), "stop_at": Decimal(400)})
            caps.get_or_create(span="month", defaults={"alarm_at": Decimal(1000), "stop_at": Decimal(4000)})
            key_uses.add_digest_key(keys.model, f"d{secrets.token_hex(6)}", secrets.token_bytes(32), using=using)
    if using == DEFAULT_DB_ALIAS:
        crypto.forget()
        crypto.digest_keys()  # read once, here and now: what follows in this process need not


def _are_there(apps: Any, using: str, *names: str) -> bool:
    try:
        models = [apps.get_model("verification", name) for name in names]
    except LookupError:
        return False  # not migrated yet, or back to before there were any
    return all(router.allow_migrate_model(using, model) for model in models)
