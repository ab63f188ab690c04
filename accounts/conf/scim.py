"""Settings of SCIM: how many requests a directory may send, and how often they are listed."""

from datetime import timedelta

from accounts.conf.sections import DIRECTORIES
from verification.setting import Setting, formats

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
