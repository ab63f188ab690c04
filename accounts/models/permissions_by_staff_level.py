"""The permissions of the support desk: name, label, and the lowest level of staff that has each."""

from dataclasses import dataclass
from enum import IntEnum


class StaffLevel(IntEnum):
    """The level of a support role. Each level has the permissions of those below it."""

    FIRST_LINE = 1
    SENIOR = 2
    ADMINISTRATOR = 3


@dataclass(frozen=True)
class SupportPermission:
    """One permission of `accounts`. `migrate` creates it and gives it to the roles of its level and above."""

    codename: str
    label: str
    level: StaffLevel


SUPPORT_PERMISSIONS = (
    SupportPermission("clear_settings", "Can clear a person's settings and report a lost phone", StaffLevel.FIRST_LINE),
    SupportPermission("reset_device", "Can remove a person's method", StaffLevel.FIRST_LINE),
    SupportPermission("view_tokens", "Can view hardware tokens", StaffLevel.FIRST_LINE),
    SupportPermission("assign_token", "Can assign a hardware token or take it back", StaffLevel.FIRST_LINE),
    SupportPermission(
        "resync_token", "Can resynchronise a hardware token with two of its codes", StaffLevel.FIRST_LINE
    ),
    SupportPermission("retire_token", "Can retire a hardware token or return it to stock", StaffLevel.SENIOR),
    SupportPermission("delete_app_passwords", "Can delete a person's app passwords", StaffLevel.FIRST_LINE),
    SupportPermission("forget_browsers", "Can remove a person's remembered browsers", StaffLevel.FIRST_LINE),
    SupportPermission("end_sessions", "Can end a person's sessions", StaffLevel.FIRST_LINE),
    SupportPermission("issue_pass", "Can issue a Temporary Access Pass", StaffLevel.FIRST_LINE),
    SupportPermission("bypass_once", "Can give a one-time bypass", StaffLevel.SENIOR),
    SupportPermission("block_person", "Can block and unblock a person", StaffLevel.SENIOR),
    SupportPermission("unlock_person", "Can lock and unlock a person", StaffLevel.FIRST_LINE),
    SupportPermission("set_state", "Can disable, enable or enforce a person's second step", StaffLevel.SENIOR),
    SupportPermission("give_role", "Can give and remove staff roles", StaffLevel.ADMINISTRATOR),
    SupportPermission("resend_message", "Can send a person a test message", StaffLevel.FIRST_LINE),
    SupportPermission("require_password", "Can require a person to set a new password", StaffLevel.FIRST_LINE),
    SupportPermission(
        "invite_person", "Can email an invitation to a person who has never signed in", StaffLevel.FIRST_LINE
    ),
    SupportPermission("verify_caller", "Can verify a caller", StaffLevel.FIRST_LINE),
    SupportPermission("view_reports", "Can view reports", StaffLevel.SENIOR),
    SupportPermission("erase_person", "Can erase a person permanently", StaffLevel.ADMINISTRATOR),
    SupportPermission("approve_request", "Can approve another member of staff's request", StaffLevel.SENIOR),
)


def names_up_to(level: StaffLevel) -> tuple[str, ...]:
    """Return the permissions of a level, such as accounts.verify_caller."""
    return tuple(f"accounts.{each.codename}" for each in SUPPORT_PERMISSIONS if each.level <= level)
