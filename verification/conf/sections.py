"""The sections of the table of settings that belong to verification."""

from verification.declaring_settings import SettingsSection

START = SettingsSection("Required", "The service does not start without these.", families=("MFA_",))
ORGANISATION = SettingsSection(
    "Organisation and support",
    "How pages, messages and articles name you and your support desk.",
    families=("SUPPORT_", "ORGANISATION_"),
)
CODES = SettingsSection("Codes and incorrect answers", families=("VERIFICATION_", "WRONG_CODES_", "UNANSWERED_"))
RETENTION = SettingsSection(
    "How long records are kept",
    "[Operation](operation.md#how-much-is-kept) has the sizes, and what happens when a month is removed.",
    families=("AUDIT_", "MESSAGE_", "CHALLENGE_"),
)
SENDING = SettingsSection(
    "Limits on texts and calls",
    "They limit what texts and calls can cost, and how much they can annoy anyone. Texts and calls whose code is "
    "entered, or which never arrive, do not count against their network.",
    families=("SENDS_", "NOTICES_PER_", "TOLL_FRAUD_", "OWN_NETWORK"),
)
PASSWORDS = SettingsSection(
    "Limits on passwords",
    "Correct passwords are never counted.",
    families=("PASSWORD_FAILURES_", "PASSWORD_RESETS_", "APP_PASSWORD_"),
)
DELIVERY = SettingsSection(
    "Delivery",
    "Providers are tried in the order of `DELIVERY_PROVIDERS`, unless a route in the admin says otherwise. A route "
    "names a provider, and optionally a sender, for one kind of message and one place: a prefix such as `+4179`, a "
    "country such as `CH`, or everywhere. For each number, only the routes of the most exact place apply. Changes take "
    "effect within a second, without a restart.",
    families=("DELIVERY_",),
)
