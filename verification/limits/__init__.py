"""Rate limits on wrong codes, wrong passwords and messages sent, counted in rows by guarded statements."""

from verification.limits.gates import OPEN, Gate
from verification.limits.guessing import (
    WrongCodes,
    clear,
    forget_wrong_codes,
    gate,
    hold,
    refund,
    reserve,
    stop,
    stopped,
    switch_on,
    wrong_codes,
)
from verification.limits.passwords import forget_passwords, password_gate, password_right
from verification.limits.retention import purge
from verification.limits.unanswered import give_prompt_back, spend_prompt, tell_of_prompts
from verification.limits.windows import (
    SPENT,
    TRIAL,
    is_spent,
    spend_action,
    spend_asking,
    spend_check,
    spend_notice,
    spend_once,
    spend_send,
    spent,
)

__all__ = [
    "OPEN",
    "SPENT",
    "TRIAL",
    "Gate",
    "WrongCodes",
    "clear",
    "forget_passwords",
    "forget_wrong_codes",
    "gate",
    "give_prompt_back",
    "hold",
    "is_spent",
    "password_gate",
    "password_right",
    "purge",
    "refund",
    "reserve",
    "spend_action",
    "spend_asking",
    "spend_check",
    "spend_notice",
    "spend_once",
    "spend_prompt",
    "spend_send",
    "spent",
    "stop",
    "stopped",
    "switch_on",
    "tell_of_prompts",
    "wrong_codes",
]
