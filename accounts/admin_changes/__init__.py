"""Changes in the admin: each needs a recent verification and a reason, is audited, and counts once if sent twice."""

from accounts.admin_changes.forms import (
    ChangeForm,
    ReasonForm,
    Repeated,
    as_seen,
    changed_meanwhile,
    differences,
    spend,
    values,
)
from accounts.admin_changes.model_admin import ChangesAdmin, ReadOnlyAdmin, RowAction
from accounts.admin_changes.pages import ChangeRefused, ReasonPage, acts, reads, with_reason

__all__ = [
    "ChangeForm",
    "ChangeRefused",
    "ChangesAdmin",
    "ReadOnlyAdmin",
    "ReasonForm",
    "ReasonPage",
    "Repeated",
    "RowAction",
    "acts",
    "as_seen",
    "changed_meanwhile",
    "differences",
    "reads",
    "spend",
    "values",
    "with_reason",
]
