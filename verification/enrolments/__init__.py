"""The methods that people have set up: offered at sign-in, set up, handed out, renamed, removed."""

from verification.enrolments.epochs import on_raise, raise_epoch, raise_epochs
from verification.enrolments.issuing import (
    InUse,
    NotAssigned,
    assign,
    end_validity,
    find_token,
    issue_pass,
    remove_passes,
    take_back,
    take_from_stock,
    token_draft,
    token_method,
)
from verification.enrolments.locks import lock_person, lock_person_and_methods
from verification.enrolments.lookup import (
    ConfirmedEnrolment,
    EnrolmentLimits,
    addresses,
    all_of_many,
    by_id,
    by_ref,
    confirmed,
    count,
    is_rebound,
    label,
    of_address,
    of_many,
    people_of_address,
)
from verification.enrolments.preferences import make_default, rename
from verification.enrolments.recovery_codes import (
    backup_method,
    issue_recovery_codes,
    recovery_code_set,
    recovery_codes_left,
)
from verification.enrolments.removal import clear, remove
from verification.enrolments.setup import companions_text, confirm, draft
from verification.enrolments.setup_offers import Offer, offers, recommend
from verification.enrolments.signin_options import Option, choices, default, options, unavailable_reason
from verification.enrolments.single_use import mark_used, save_learned, spend_single_use_code

__all__ = [
    "ConfirmedEnrolment",
    "EnrolmentLimits",
    "InUse",
    "NotAssigned",
    "Offer",
    "Option",
    "addresses",
    "all_of_many",
    "assign",
    "backup_method",
    "by_id",
    "by_ref",
    "choices",
    "clear",
    "companions_text",
    "confirm",
    "confirmed",
    "count",
    "default",
    "draft",
    "end_validity",
    "find_token",
    "is_rebound",
    "issue_pass",
    "issue_recovery_codes",
    "label",
    "lock_person",
    "lock_person_and_methods",
    "make_default",
    "mark_used",
    "of_address",
    "of_many",
    "offers",
    "on_raise",
    "options",
    "people_of_address",
    "raise_epoch",
    "raise_epochs",
    "recommend",
    "recovery_code_set",
    "recovery_codes_left",
    "remove",
    "remove_passes",
    "rename",
    "save_learned",
    "spend_single_use_code",
    "take_back",
    "take_from_stock",
    "token_draft",
    "token_method",
    "unavailable_reason",
]
