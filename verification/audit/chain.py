"""The links of the audit log's chain: seals over events, and signed statements of what was removed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verification.keys import crypto
from verification.models import AuditRemoval, AuditSeal

BEFORE_ALL = -(2**63)  # lower than any id


class Problem(StrEnum):
    """What is wrong in one place of the audit log, in words. `{}` stands for what the problem is about."""

    EVENT_CHANGED = "the event was changed"
    EVENT_REMOVED = "the event was removed"
    EVENT_FORGED = "the event was added by someone without the key, or changed before it was sealed"
    EVENT_LATE = "the event was added later than its time says"
    EVENT_BEFORE_START = "the event was added where older ones had been removed"
    EVENT_COPIED = "the event was copied"
    EVENT_SEALED_TWICE = "the event is sealed twice"
    WORDS_CHANGED = "the personal words of the event were changed or removed"
    SEAL_CHANGED = "the seal was changed, or its events are in another order"
    SEAL_MISSING = "seal {} is missing or the chain was cut"
    REMOVAL_CHANGED = "the statement that events before {} were removed was changed or forged"
    KEY_MISSING = "key missing: {}, so this cannot be checked"


@dataclass(frozen=True)
class ChainFault:
    """One place where the audit log was tampered with: which seal, which event, and what is wrong."""

    seal: int
    ref: str
    problem: Problem
    about: str = ""

    @property
    def text(self) -> str:
        """Say what is wrong."""
        return self.problem.format(self.about)


@dataclass(frozen=True)
class Start:
    """Where a walk over the chain begins: after this seal, with events from `boundary` on.

    Older events were removed, unless `has_older` says that they are only passed over.
    """

    seal: int = 0
    digest: str = ""
    boundary: int = BEFORE_ALL
    has_older: bool = False


def start() -> Start:
    """Return where the chain begins, as the newest statement of a removal says."""
    newest = AuditRemoval.objects.order_by("-boundary").first()
    return after(newest) if newest else Start()


def after(removal: AuditRemoval) -> Start:
    """Return where the chain begins after a removal."""
    return Start(removal.last_seal, removal.last_digest, removal.boundary)


def content_of(events: Iterable[tuple[int, str]]) -> str:
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
