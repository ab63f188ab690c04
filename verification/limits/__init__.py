"""Rate limits on incorrect codes, incorrect passwords and messages. The counts are rows, raised by guarded updates."""

from verification.limits.gates import OPEN, Gate
from verification.limits.guessing import (
    WrongCodes,
    all_locked_at,
    clear,
    gate,
    lock_all,
    lock_failures,
    refund,
    reserve,
    reset_wrong_codes,
    unlock,
    wrong_codes,
)
from verification.limits.passwords import forget_passwords, password_accepted, password_gate
from verification.limits.retention import purge
from verification.limits.unanswered import claim_unanswered_notice, refund_prompt, spend_prompt
from verification.limits.windows import (
    SPENT,
    TRIAL,
    is_spent,
    spend_action,
    spend_check,
    spend_client,
    spend_notice,
    spend_once,
    spend_request,
    spend_send,
    spent,
)

__all__ = [
    "OPEN",
    "SPENT",
    "TRIAL",
    "Gate",
    "WrongCodes",
    "all_locked_at",
    "claim_unanswered_notice",
    "clear",
    "forget_passwords",
    "gate",
    "is_spent",
    "lock_all",
    "lock_failures",
    "password_accepted",
    "password_gate",
    "purge",
    "refund",
    "refund_prompt",
    "reserve",
    "reset_wrong_codes",
    "spend_action",
    "spend_check",
    "spend_client",
    "spend_notice",
    "spend_once",
    "spend_prompt",
    "spend_request",
    "spend_send",
    "spent",
    "unlock",
    "wrong_codes",
]
