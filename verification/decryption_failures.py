"""Reports encrypted values that can't be read: in the log, the audit log, the metrics and to operators.

Only this value is unavailable. The code that needs it continues without it, and reports it here.
"""

import logging
from datetime import datetime

from django.db import transaction

from verification import audit, limits
from verification.audit import verification_audit_events
from verification.context import Context

_log = logging.getLogger(__name__)


def report(what: str, ref: str, *, now: datetime, user_id: int | None = None) -> None:
    """Report one value that can't be read, at most once a day. Shape: `what` is its table, `ref` its row."""
    with transaction.atomic():
        if not limits.spend_once("damaged", f"{what} {ref}", until=now):
            return
        audit.record(
            verification_audit_events.SEALED_VALUE_DAMAGED,
            user_id=user_id,
            context=Context(now=now),
            what=what,
            ref=ref,
        )
    _log.error("An encrypted value of %s can't be read: %s. Run manage.py check_restore", what, ref)
