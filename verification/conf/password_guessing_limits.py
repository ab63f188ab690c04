"""Settings: how many incorrect passwords cause a delay, per username, day and network."""

from datetime import timedelta

from verification.conf.sections import PASSWORDS
from verification.declaring_settings import Setting, formats

_PER_HOUR = formats.whole_number(1, 1_000_000)
password_failures_before_delay: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_BEFORE_DELAY",
    formats.whole_number(1, 100),
    default=10,
    unit="incorrect passwords",
    meaning="incorrect passwords for a username before the first delay, counted per network, and separately in each "
    "browser that the person signed in from before",
)
max_password_delay: Setting[timedelta] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_MAX_DELAY_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=15),
    meaning="the longest delay; delays double from one minute up to this",
)
password_failures_per_day: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_PER_DAY",
    formats.whole_number(1, 100_000),
    default=100,
    unit="incorrect passwords per username and day",
    meaning="incorrect passwords for a username in a day, from all unknown browsers together, before all of them have "
    "to wait",
)
password_failures_per_network_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=1000,
    unit="incorrect passwords per network and hour",
    meaning="incorrect passwords from one network in an hour; the same limit applies, separately, to refused sign-ins "
    "with a passkey alone, also in each browser that the person signed in from before",
)
