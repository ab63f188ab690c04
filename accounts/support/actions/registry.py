"""The registry of support actions: those that the modules of subjects declare, by name."""

from accounts.support.actions import (
    app_passwords,
    blocks_and_bypasses,
    browsers_and_sessions,
    erasure,
    hardware_tokens,
    invitations,
    method_resets,
    role_assignment,
    temporary_access_passes,
)
from accounts.support.actions.action_form_and_declaration import Action, declared

SUBJECTS = (
    blocks_and_bypasses,
    temporary_access_passes,
    app_passwords,
    browsers_and_sessions,
    method_resets,
    erasure,
    hardware_tokens,
    invitations,
    role_assignment,
)
ACTIONS: dict[str, Action] = declared()
