"""Settings: how many incorrect app passwords, keys, tokens and secrets one network may send."""

from verification.conf.sections import PASSWORDS
from verification.declaring_settings import Setting, formats

_PER_HOUR = formats.whole_number(1, 1_000_000)
app_password_failures_per_network_minute: Setting[int] = Setting(
    PASSWORDS,
    "APP_PASSWORD_FAILURES_PER_NETWORK_MINUTE",
    _PER_HOUR,
    default=60,
    unit="passwords per network and minute",
    meaning="passwords from one network that one service may check in a minute and that are incorrect or not app "
    "passwords; the same limit applies, separately, to incorrect proxy secrets, service keys, SCIM tokens and client "
    "secrets from one network",
)
