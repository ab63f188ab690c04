"""Settings of password resets: how long their links work. `verification.conf.password_reset_limits` has how many."""

from datetime import timedelta

from accounts.conf.sections import SIGN_IN
from verification.declaring_settings import Setting, formats

password_reset_life: Setting[timedelta] = Setting(
    SIGN_IN,
    "PASSWORD_RESET_MINUTES",
    formats.minutes(5, 1440),
    default=timedelta(minutes=30),
    meaning="how long the emailed link of a password reset works",
)
