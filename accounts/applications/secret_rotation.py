"""Secrets of applications, proxies and directories: generated, stored as digests, replaced with an overlap (rotation).

They are random and long, so a keyed digest is enough. A digest is found by an index, and comparing takes no time
that depends on the secret.
"""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Q

from accounts.models import SecretHolder
from verification.keys import generated_secrets_and_alphabet

_LENGTH = 48  # letters and digits, which are 240 bits
OVERLAP = timedelta(days=7)  # how long an old secret still works, unless someone chooses otherwise
MAX_OVERLAP = timedelta(days=30)


def draw() -> str:
    """Generate a secret. Shape: letters and digits, which every configuration file takes without quotes."""
    return generated_secrets_and_alphabet.draw(_LENGTH)


def matches(holder: SecretHolder, purpose: str, secret: str, now: datetime) -> bool:
    """Return whether a secret is the current one of its holder, or the old one during the overlap."""
    if not secret:
        return False
    valid = [holder.secret_digest]
    if holder.former_ends_at is not None and holder.former_ends_at > now:
        valid.append(holder.former_digest)
    shown = generated_secrets_and_alphabet.digests(purpose, secret)
    found = [hmac.compare_digest(each, digest) for each in valid if each for digest in shown]
    return any(found)


def is_digest(digests: Collection[str], now: datetime) -> Q:
    """Return the condition that finds the holder of the secret with these digests, one for each key."""
    return Q(secret_digest__in=digests) | Q(former_digest__in=digests, former_ends_at__gt=now)


def renew(holder: SecretHolder, purpose: str, now: datetime, *, overlap: timedelta = timedelta(0)) -> str:
    """Give a stored holder a new secret and return it. The old one works until the overlap ends, any older one doesn't.

    Call it in the transaction of its audit event.
    """
    secret = draw()
    former_ends_at = now + min(max(overlap, timedelta(0)), MAX_OVERLAP)
    rows = type(holder)._default_manager.filter(pk=holder.pk)  # noqa: SLF001  (public, despite its name)
    rows.update(
        former_digest=F("secret_digest"),
        former_ends_at=former_ends_at,
        secret_digest=generated_secrets_and_alphabet.digest(purpose, secret),
        secret_made_at=now,
    )
    holder.refresh_from_db()
    return secret


def drop_former(holder: SecretHolder) -> bool:
    """End the overlap now, and return whether there was one. Call it in the transaction of its audit event."""
    rows = type(holder)._default_manager.filter(pk=holder.pk)  # noqa: SLF001  (public, despite its name)
    is_dropped = bool(rows.exclude(former_digest="").update(former_digest="", former_ends_at=None))
    holder.refresh_from_db()
    return is_dropped
