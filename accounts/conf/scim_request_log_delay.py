"""Settings of the list of SCIM requests: after how long new ones are added to it."""

from datetime import timedelta

from accounts.conf.sections import DIRECTORIES
from verification.declaring_settings import Setting, formats

scim_log_delay: Setting[timedelta] = Setting(
    DIRECTORIES,
    "SCIM_LOG_SECONDS",
    formats.seconds(0, 60),
    default=timedelta(seconds=1),
    meaning="how long a process collects SCIM requests before it lists them for staff; 0 lists each right away",
)
