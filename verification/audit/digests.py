"""The digests of the audit log: which fields of an event, of a seal and of a removal they cover."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from verification.keys import crypto
from verification.models import AuditEvent, AuditRemoval, AuditSeal


def digest_of_event(event: AuditEvent) -> str:
    """Return what authenticates an event. Shape: 43 base64url characters, because hex would need 64."""
    body = json.dumps(
        [
            event.ref,
            event.at.isoformat(),
            event.kind,
            event.actor_id,
            event.user_id,
            event.network,
            event.agent,
            event.detail,
        ],
        sort_keys=True,
        ensure_ascii=True,
    )
    mac = crypto.mac("audit.event", body, key_id=event.key_id)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def is_intact(event: AuditEvent) -> bool | None:
    """Return whether an event is as it was written, or None if the key that would show it is missing."""
    try:
        return digest_of_event(event) == event.digest
    except crypto.KeyMissing:
        return None


def digest_of_words(words: dict[str, Any]) -> str:
    """Return the digest of the personal words of an event, which stays when they are erased."""
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def digest_of_events(events: Iterable[tuple[int, str]]) -> str:
    """Return the digest over events, each with its place in the audit log. Shape: pairs of id and digest."""
    return hashlib.sha256("\n".join(f"{pk}:{digest}" for pk, digest in events).encode()).hexdigest()


def digest_of_seal(seal: AuditSeal) -> str:
    """Bind a seal to all that came before it."""
    words = (str(seal.number), seal.sealed_at.isoformat(), seal.previous, str(seal.upto), seal.content)
    return crypto.mac("audit.seal", *words, bytes(seal.packed), key_id=seal.key_id).hex()


def digest_of_removal(removal: AuditRemoval) -> str:
    """Sign a statement of a removal, and bind it to those before it."""
    numbers = (removal.boundary, removal.n_events, removal.last_seal)
    words = (removal.ends_at.isoformat(), removal.last_digest, removal.removed_at.isoformat(), removal.previous)
    return crypto.mac("audit.removal", *map(str, numbers), *words, key_id=removal.key_id).hex()
