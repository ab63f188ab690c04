"""Where the audit log's chain begins: at its first seal, or after the newest removal of old events."""

from dataclasses import dataclass

from verification.models import AuditRemoval

BEFORE_ALL = -(2**63)  # lower than any id


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
