"""Settings: how long a session lasts."""

from datetime import timedelta

from accounts.conf.sections import SIGN_IN
from verification.declaring_settings import Setting, formats

session_hours: Setting[timedelta] = Setting(
    SIGN_IN,
    "SESSION_HOURS",
    formats.hours(1, 720),
    default=timedelta(hours=12),
    meaning="how long a session lasts, with or without requests",
)
