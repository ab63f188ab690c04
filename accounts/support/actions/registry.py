"""The registry of support actions: those that the modules of subjects declare, by name."""

from accounts.support.actions import (
    app_passwords,
    blocks_and_bypasses,
    browsers,
    erasure,
    hardware_tokens,
    invitations,
    method_resets,
    role_assignment,
    temporary_access_passes,
)
from accounts.support.actions.base import Action, declared

SUBJECTS = (
    blocks_and_bypasses,
    temporary_access_passes,
    app_passwords,
    browsers,
    method_resets,
    erasure,
    hardware_tokens,
    invitations,
    role_assignment,
)
ACTIONS: dict[str, Action] = declared()
