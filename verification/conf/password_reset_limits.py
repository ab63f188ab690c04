"""Settings: how many password resets can be requested per username and network."""

from verification.conf.sections import PASSWORDS
from verification.declaring_settings import Setting, formats

_PER_HOUR = formats.whole_number(1, 1_000_000)
password_resets_per_name_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_RESETS_PER_NAME_HOUR",
    formats.whole_number(1, 1000),
    default=5,
    unit="password resets per username and hour",
    meaning="password resets requested for one username in an hour",
)
password_resets_per_network_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_RESETS_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=100,
    unit="password resets per network and hour",
    meaning="password resets requested from one network in an hour",
)
