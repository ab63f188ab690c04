"""The case of a user: everything support needs to know, in plain words. Read-only."""

from accounts.support.case.page import Case, of
from accounts.support.case.status import expected

__all__ = ["Case", "expected", "of"]
