"""Settings of accounts, each declared once and read at call time."""

from datetime import timedelta

from verification.setting import Setting, SettingsSection, formats

SIGN_IN = SettingsSection(
    "Sign-in",
    families=("SESSION_HOURS", "PASSWORD_MIN_", "BREACHED_PASSWORDS_", "APP_PASSWORD_", "DIRECTORY_", "INVITATION_"),
)

session_hours: Setting[timedelta] = Setting(
    SIGN_IN,
    "SESSION_HOURS",
    formats.hours(1, 720),
    default=timedelta(hours=12),
    meaning="how long a session lasts, with or without requests",
)
password_min_length: Setting[int] = Setting(
    SIGN_IN,
    "PASSWORD_MIN_LENGTH",
    formats.whole_number(8, 128),  # NIST SP 800-63B-4, 3.1.1.2: never fewer than eight
    default=12,
    unit="characters",
    meaning="minimum length of a new password",
)
breached_passwords_file: Setting[str] = Setting(
    SIGN_IN,
    "BREACHED_PASSWORDS_FILE",
    formats.file,
    default="",
    meaning="file of breached passwords that `manage.py breached_passwords build` writes; common passwords are refused "
    "without it",
)
app_password_use_delay: Setting[timedelta] = Setting(
    SIGN_IN,
    "APP_PASSWORD_USE_SECONDS",
    formats.seconds(0, 60),
    default=timedelta(seconds=1),
    meaning="how long a process collects uses of app passwords before it saves them; 0 saves each right away",
)
directory_requests: Setting[int] = Setting(
    SIGN_IN,
    "DIRECTORY_REQUESTS",
    formats.whole_number(1, 256),
    default=4,
    unit="requests",
    meaning="how many sign-ins a web process lets wait for one directory at once; fewer than WEB_THREADS, so that a "
    "directory that hangs doesn't slow down other sign-ins",
)
invitation_life: Setting[timedelta] = Setting(
    SIGN_IN,
    "INVITATION_DAYS",
    formats.days(1, 60),
    default=timedelta(days=14),
    meaning="how long the link of an invitation works",
)
invitation_reminder_interval: Setting[timedelta] = Setting(
    SIGN_IN,
    "INVITATION_REMINDER_DAYS",
    formats.days(1, 60),
    default=timedelta(days=4),
    meaning="how long after an invitation or a reminder the next reminder is sent to people who have not signed in",
)
invitation_reminders: Setting[int] = Setting(
    SIGN_IN,
    "INVITATION_REMINDERS",
    formats.whole_number(0, 10),
    default=2,
    unit="emails",
    meaning="how many reminders follow an invitation",
)

APPLICATIONS = SettingsSection("Applications", families=("FORWARD_AUTH_", "OIDC_"))

forward_auth_per_second: Setting[int] = Setting(
    APPLICATIONS,
    "FORWARD_AUTH_PER_SECOND",
    formats.whole_number(10, 100_000),
    default=1000,
    unit="requests",
    meaning="how many requests a proxy may ask about in a second, in each web process; more are refused",
)
oidc_requests_per_client_minute: Setting[int] = Setting(
    APPLICATIONS,
    "OIDC_REQUESTS_PER_CLIENT_MINUTE",
    formats.whole_number(1, 1_000_000),
    default=6000,
    unit="requests",
    meaning="how many token requests one application may send from one network in a minute",
)

DIRECTORIES = SettingsSection("Directories", families=("SCIM_",))

scim_requests_per_minute: Setting[int] = Setting(
    DIRECTORIES,
    "SCIM_REQUESTS_PER_MINUTE",
    formats.whole_number(1, 1_000_000),
    default=6000,
    unit="requests",
    meaning="how many SCIM requests one directory may send in a minute; Entra ID sends up to 1,500",
)
scim_log_delay: Setting[timedelta] = Setting(
    DIRECTORIES,
    "SCIM_LOG_SECONDS",
    formats.seconds(0, 60),
    default=timedelta(seconds=1),
    meaning="how long a process collects SCIM requests before it lists them for staff; 0 lists each right away",
)
