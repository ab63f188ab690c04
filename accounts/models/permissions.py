"""The permissions of the support desk: name, label, and the lowest level of staff that has each."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The level of a support role. Each level has the permissions of those below it."""

    FIRST_LINE = 1
    SENIOR = 2
    ADMINISTRATOR = 3


@dataclass(frozen=True)
class SupportPermission:
    """One permission of `accounts`. `migrate` creates it and gives it to the roles of its level and above."""

    codename: str
    label: str
    level: Level


SUPPORT_PERMISSIONS = (
    SupportPermission("clear_settings", "May clear a person's settings, also after a lost phone", Level.FIRST_LINE),
    SupportPermission("reset_device", "May remove one method of a person", Level.FIRST_LINE),
    SupportPermission("view_tokens", "May see the hardware tokens", Level.FIRST_LINE),
    SupportPermission("assign_token", "May assign a hardware token, or take it back", Level.FIRST_LINE),
    SupportPermission("resync_token", "May set a hardware token right by two of its codes", Level.FIRST_LINE),
    SupportPermission("retire_token", "May retire a hardware token, or bring it back into the stock", Level.SENIOR),
    SupportPermission("delete_app_passwords", "May delete a person's app passwords", Level.FIRST_LINE),
    SupportPermission("forget_browsers", "May forget a person's remembered browsers", Level.FIRST_LINE),
    SupportPermission("end_sessions", "May end a person's sign-ins", Level.FIRST_LINE),
    SupportPermission("issue_pass", "May issue a Temporary Access Pass", Level.FIRST_LINE),
    SupportPermission("bypass_once", "May let a person sign in once without the second step", Level.SENIOR),
    SupportPermission("block_person", "May block and unblock a person", Level.SENIOR),
    SupportPermission("unlock_person", "May unlock a person without a reset", Level.FIRST_LINE),
    SupportPermission("set_state", "May set a person's second step disabled, enabled or enforced", Level.SENIOR),
    SupportPermission("give_role", "May make a person one of the staff, with roles, or end that", Level.ADMINISTRATOR),
    SupportPermission("resend_message", "May send a person a trial text or call", Level.FIRST_LINE),
    SupportPermission("require_password", "May require a new password of a person", Level.FIRST_LINE),
    SupportPermission("verify_caller", "May verify a caller", Level.FIRST_LINE),
    SupportPermission("view_reports", "May see the reports", Level.SENIOR),
    SupportPermission("erase_person", "May erase a person for good", Level.ADMINISTRATOR),
    SupportPermission("approve_request", "May approve what another of the staff asked for", Level.SENIOR),
)


def names_up_to(level: Level) -> tuple[str, ...]:
    """Return the permissions of a level, such as accounts.verify_caller."""
    return tuple(f"accounts.{each.codename}" for each in SUPPORT_PERMISSIONS if each.level <= level)
