"""The sections of the table of settings that belong to accounts."""

from verification.declaring_settings import SettingsSection

SIGN_IN = SettingsSection(
    "Sign-in",
    families=(
        "SESSION_HOURS",
        "PASSWORD_MIN_",
        "PASSWORD_RESET_",
        "BREACHED_PASSWORDS_",
        "APP_PASSWORD_",
        "DIRECTORY_",
        "INVITATION_",
    ),
)
APPLICATIONS = SettingsSection("Applications", families=("FORWARD_AUTH_", "OIDC_"))
DIRECTORIES = SettingsSection("Directories", families=("SCIM_",))
