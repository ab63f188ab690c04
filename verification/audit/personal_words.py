"""Personal words of audit events, such as a reason: which details they are, and how they are erased."""

import secrets
from typing import Any

from verification.audit.digests import digest_of_words
from verification.models import AuditEvent
from verification.models.audit import NONCE, WORDS_DIGEST

PERSONAL = frozenset({"reason", "note", "caller", "label", "way", "name", "methods"})


def parted(said: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split what an event says about a person into what stays and what can be erased. A digest ties the two."""
    words = {name: value for name, value in said.items() if name in PERSONAL and value}
    if not words:
        return said, {}
    words[NONCE] = secrets.token_hex(16)
    stays = {name: value for name, value in said.items() if name not in words}
    return {**stays, WORDS_DIGEST: digest_of_words(words)}, words


def erase_words(user_id: int) -> int:
    """Erase the personal words in a person's events; returns how many had some. The chain holds without them."""
    return AuditEvent.objects.filter(user_id=user_id).exclude(words={}).update(words={})
