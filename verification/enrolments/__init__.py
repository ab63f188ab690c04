"""The methods that people have set up: set up, offered at sign-in, handed out, renamed and removed."""

from verification.enrolments.epochs import close, raise_epoch
from verification.enrolments.handout import (
    InUse,
    NotAssigned,
    assign,
    drop_temporary,
    end,
    end_handing_out,
    hand_out,
    handed_out,
    take_claimed,
    token_method,
    token_plan,
)
from verification.enrolments.locks import hold, hold_all
from verification.enrolments.lookup import (
    ConfirmedEnrolment,
    EnrolmentLimits,
    addresses,
    confirmed,
    count,
    everything_of,
    holders,
    is_rebound,
    label,
    named,
    of_many,
    of_person,
    proven,
)
from verification.enrolments.preferences import make_default, rename
from verification.enrolments.recovery_codes import issue_vouchers, reserve_method, set_of_vouchers, vouchers_left
from verification.enrolments.removal import clear, remove
from verification.enrolments.setup import companions_words, confirm, draft
from verification.enrolments.setup_offers import Offer, offers
from verification.enrolments.signin_options import Option, away, choices, default, options
from verification.enrolments.spending import note, spend_voucher, use

__all__ = [
    "ConfirmedEnrolment",
    "EnrolmentLimits",
    "InUse",
    "NotAssigned",
    "Offer",
    "Option",
    "addresses",
    "assign",
    "away",
    "choices",
    "clear",
    "close",
    "companions_words",
    "confirm",
    "confirmed",
    "count",
    "default",
    "draft",
    "drop_temporary",
    "end",
    "end_handing_out",
    "everything_of",
    "hand_out",
    "handed_out",
    "hold",
    "hold_all",
    "holders",
    "is_rebound",
    "issue_vouchers",
    "label",
    "make_default",
    "named",
    "note",
    "of_many",
    "of_person",
    "offers",
    "options",
    "proven",
    "raise_epoch",
    "remove",
    "rename",
    "reserve_method",
    "set_of_vouchers",
    "spend_voucher",
    "take_claimed",
    "token_method",
    "token_plan",
    "use",
    "vouchers_left",
]
