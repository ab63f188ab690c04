"""Settings of the last use of app passwords: how often it is saved."""

from datetime import timedelta

from accounts.conf.sections import SIGN_IN
from verification.declaring_settings import Setting, formats

app_password_use_delay: Setting[timedelta] = Setting(
    SIGN_IN,
    "APP_PASSWORD_USE_SECONDS",
    formats.seconds(0, 60),
    default=timedelta(seconds=1),
    meaning="how long a process collects uses of app passwords before it saves them; 0 saves each right away",
)
