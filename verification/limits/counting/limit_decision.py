"""`Gate`, the answer of every rate limit: whether an action is allowed now, and if not, from when on."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Gate:
    """Whether an action is allowed now, and if not, when it can be tried again.

    `scope` names the limit that was reached; `alarms` names the limits whose alarm this action triggered.
    """

    is_open: bool
    retry_at: datetime | None = None
    n_failures: int = 0
    is_locked: bool = False
    n_today: int = 0
    scope: str = ""
    alarms: tuple[str, ...] = ()


OPEN = Gate(is_open=True)
