"""Changes in the admin: each needs a recent verification and a reason, is audited, and counts once if sent twice."""

from accounts.admin_changes.base_model_admins import ChangesAdmin, ReadOnlyAdmin, RowAction
from accounts.admin_changes.forms_with_reason import (
    ChangeForm,
    ReasonForm,
    Repeated,
    as_seen,
    changed_meanwhile,
    differences,
    spend,
    values,
)
from accounts.admin_changes.pages_with_reason import ChangeRefused, ReasonPage, acts, reads, with_reason

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
