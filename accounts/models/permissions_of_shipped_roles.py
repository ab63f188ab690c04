"""Which permissions each shipped role has: Support desk, Senior support, Operators, Auditors and Administrators.

`migrate` creates the roles: see `accounts.management.shipped_roles_after_migrate`. The organisation may change them.
"""

from collections.abc import Mapping
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


# Of the support desk, each with the lowest level of staff that has it.
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


def _support_permissions(level: StaffLevel) -> tuple[str, ...]:
    """Return the permissions of a level, such as accounts.verify_caller."""
    return tuple(f"accounts.{each.codename}" for each in SUPPORT_PERMISSIONS if each.level <= level)


_SEES = ("accounts.view_user", "verification.view_message")
_CARRIERS = (
    "verification.view_circuit",
    "verification.view_route",
    "verification.add_route",
    "verification.change_route",
    "verification.delete_route",
    "verification.view_outage",
    "verification.add_outage",
    "verification.change_outage",
    "verification.delete_outage",
    "verification.view_country",
    "verification.add_country",
    "verification.change_country",
    "verification.delete_country",
    "verification.view_spendinglimit",
    "verification.add_spendinglimit",
    "verification.change_spendinglimit",
    "verification.delete_spendinglimit",
    "verification.view_blockedrange",
    "verification.change_blockedrange",
    "verification.view_optout",
    "verification.delete_optout",
)

ROLES: Mapping[str, tuple[str, ...]] = {
    "Support desk": (*_SEES, *_support_permissions(StaffLevel.FIRST_LINE)),
    "Senior support": (*_SEES, *_support_permissions(StaffLevel.SENIOR)),
    "Operators": (
        "verification.view_message",
        "accounts.view_reports",
        "accounts.view_application",
        "accounts.view_proxy",
        "accounts.view_protectedhost",
        *_CARRIERS,
    ),
    "Auditors": (
        "accounts.view_user",
        "accounts.view_reports",
        "verification.view_auditevent",
        "verification.view_auditseal",
    ),
    "Administrators": (
        *_SEES,
        *_support_permissions(StaffLevel.ADMINISTRATOR),
        *_CARRIERS,
        "accounts.import_people",
        "accounts.import_tokens",
        "accounts.export_people",
        "helpcenter.view_article",
        "helpcenter.add_article",
        "helpcenter.change_article",
        "helpcenter.view_feedback",
        "helpcenter.view_miss",
        "helpcenter.view_contact",
        "helpcenter.add_contact",
        "helpcenter.change_contact",
        "verification.view_auditevent",
        "verification.view_auditseal",
        "verification.view_policy",
        "verification.add_policy",
        "verification.change_policy",
        "verification.delete_policy",
        "verification.view_strength",
        "verification.add_strength",
        "verification.change_strength",
        "verification.delete_strength",
        "accounts.view_application",
        "accounts.add_application",
        "accounts.change_application",
        "accounts.delete_application",
        "accounts.view_service",
        "accounts.add_service",
        "accounts.change_service",
        "accounts.delete_service",
        "accounts.view_proxy",
        "accounts.add_proxy",
        "accounts.change_proxy",
        "accounts.delete_proxy",
        "accounts.view_protectedhost",
        "accounts.add_protectedhost",
        "accounts.change_protectedhost",
        "accounts.delete_protectedhost",
        "accounts.view_directory",
        "accounts.add_directory",
        "accounts.change_directory",
        "accounts.delete_directory",
        "accounts.view_scope",
        "accounts.add_scope",
        "accounts.change_scope",
        "accounts.delete_scope",
        "auth.view_group",
        "auth.add_group",
        "auth.change_group",
        "auth.delete_group",
    ),
}
