"""Settings of forward-auth: how many requests a proxy may ask about."""

from accounts.conf.sections import APPLICATIONS
from verification.setting import Setting, formats

forward_auth_per_second: Setting[int] = Setting(
    APPLICATIONS,
    "FORWARD_AUTH_PER_SECOND",
    formats.whole_number(10, 100_000),
    default=1000,
    unit="requests",
    meaning="how many requests a proxy may ask about in a second, in each web process; more are refused",
)
