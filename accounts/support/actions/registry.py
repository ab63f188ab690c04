"""The registry of support actions: those that the modules of subjects declare, by name."""

from accounts.support.actions import access, app_passwords, browsers, credentials, erasure, hardware_tokens, roles
from accounts.support.actions.base import Action, declared

SUBJECTS = (access, app_passwords, browsers, credentials, erasure, hardware_tokens, roles)
ACTIONS: dict[str, Action] = declared()
