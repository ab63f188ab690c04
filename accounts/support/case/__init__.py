"""The case of a user: everything support needs to know, in plain words. Read-only."""

from accounts.support.case.account_status import expected
from accounts.support.case.case_page_contents import Case, of

__all__ = ["Case", "expected", "of"]
