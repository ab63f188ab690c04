"""The registry of support actions: those that the modules of subjects declare, by name."""

from accounts.support.actions import (
    access,
    app_passwords,
    browsers,
    erasure,
    hardware_tokens,
    invitations,
    method_resets,
    role_assignment,
)
from accounts.support.actions.base import Action, declared

SUBJECTS = (access, app_passwords, browsers, method_resets, erasure, hardware_tokens, invitations, role_assignment)
ACTIONS: dict[str, Action] = declared()
