"""Rate limits on incorrect codes, incorrect passwords and messages. The counts are rows, raised by guarded updates."""

from verification.limits.client_networks import network_of
from verification.limits.counting.directory_guesses import forget_guesses, may_guess, spend_guess
from verification.limits.counting.fixed_windows import window_start
from verification.limits.counting.limit_decision import OPEN, Gate
from verification.limits.counting.single_use import is_spent, spend_once
from verification.limits.deletion_of_old_counters import purge
from verification.limits.incorrect_codes_and_lockouts import (
    WRONG_CODES_PERIOD,
    WrongCodes,
    all_locked_at,
    clear,
    gate,
    gates_and_stops,
    lock,
    lock_all,
    lock_failures,
    refund,
    reserve,
    reset_wrong_codes,
    unlock,
    wrong_codes,
)
from verification.limits.incorrect_program_secrets import (
    ProgramSecrets,
    spend_check,
    spend_incorrect_secret,
)
from verification.limits.message_limits import TRIAL, UNANSWERED, Sending, refund_send, spend_notice, spend_send
from verification.limits.password_guessing_limits import (
    forget_passwords,
    password_accepted,
    password_gate,
    passwords_wait_until,
    refund_password,
)
from verification.limits.request_rate_limits import refund_passwordless, spend_client, spend_passwordless, spend_request
from verification.limits.spending_limits import SPENT, spending_stopped_until, spending_stops_all_until, spent
from verification.limits.support_actions_per_day import SUPPORT_ACTIONS_PER_DAY, refund_action, spend_action
from verification.limits.unanswered_messages import claim_unanswered_notice, refund_prompt, spend_prompt

__all__ = [
    "OPEN",
    "SPENT",
    "SUPPORT_ACTIONS_PER_DAY",
    "TRIAL",
    "UNANSWERED",
    "WRONG_CODES_PERIOD",
    "Gate",
    "ProgramSecrets",
    "Sending",
    "WrongCodes",
    "all_locked_at",
    "blocked_ranges",
    "claim_unanswered_notice",
    "clear",
    "countries_and_prices",
    "forget_guesses",
    "forget_passwords",
    "gate",
    "gates_and_stops",
    "is_spent",
    "lock",
    "lock_all",
    "lock_failures",
    "may_guess",
    "may_number_get_messages",
    "network_of",
    "opt_outs",
    "password_accepted",
    "password_gate",
    "passwords_wait_until",
    "purge",
    "refund",
    "refund_action",
    "refund_password",
    "refund_passwordless",
    "refund_prompt",
    "refund_send",
    "reserve",
    "reset_wrong_codes",
    "spend_action",
    "spend_check",
    "spend_client",
    "spend_guess",
    "spend_incorrect_secret",
    "spend_notice",
    "spend_once",
    "spend_passwordless",
    "spend_prompt",
    "spend_request",
    "spend_send",
    "spending_limits",
    "spending_stopped_until",
    "spending_stops_all_until",
    "spent",
    "toll_fraud",
    "unlock",
    "window_start",
    "wrong_codes",
]
