"""Settings of directories: how many sign-ins may wait for one."""

from accounts.conf.sections import SIGN_IN
from verification.declaring_settings import Setting, formats

directory_requests: Setting[int] = Setting(
    SIGN_IN,
    "DIRECTORY_REQUESTS",
    formats.whole_number(1, 256),
    default=4,
    unit="requests",
    meaning="how many sign-ins a web process lets wait for one directory at once; fewer than WEB_THREADS, so that a "
    "directory that hangs doesn't slow down other sign-ins",
)
