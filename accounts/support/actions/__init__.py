"""Support actions: what staff do for a user. Each is one function here and one entry in `registry`."""

from accounts.support.actions.access import (
    FOREVER,
    block,
    bypass_once,
    require_password,
    reset_wrong_codes,
    set_state,
    unblock,
    unlock,
)
from accounts.support.actions.app_passwords import delete_app_passwords
from accounts.support.actions.base import Actor, Result, State, Unneeded
from accounts.support.actions.browsers import end_sessions, forget_browsers
from accounts.support.actions.credentials import clear_settings, issue_pass, phone_lost, reset_device, try_message
from accounts.support.actions.erasure import erase
from accounts.support.actions.hardware_tokens import assign_token, resync_token, take_token_back
from accounts.support.actions.roles import give_roles

__all__ = [
    "FOREVER",
    "Actor",
    "Result",
    "State",
    "Unneeded",
    "assign_token",
    "block",
    "bypass_once",
    "clear_settings",
    "delete_app_passwords",
    "end_sessions",
    "erase",
    "forget_browsers",
    "give_roles",
    "issue_pass",
    "phone_lost",
    "require_password",
    "reset_device",
    "reset_wrong_codes",
    "resync_token",
    "set_state",
    "take_token_back",
    "try_message",
    "unblock",
    "unlock",
]
