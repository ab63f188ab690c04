"""Settings: how often and how long a worker tries to send a message."""

from datetime import timedelta

from verification.conf import DELIVERY
from verification.declaring_settings import Setting, formats

max_claims: Setting[int] = Setting(
    DELIVERY,
    "DELIVERY_MAX_CLAIMS",
    formats.whole_number(1, 100),
    default=5,
    unit="times",
    meaning="how often sending one code is tried before it counts as failed; being asked to slow down does not "
    "count. Notices are tried again, at longer and longer intervals, until they are too old",
)
lease: Setting[timedelta] = Setting(
    DELIVERY,
    "DELIVERY_LEASE_SECONDS",
    formats.seconds(11, 600),  # longer than a provider's connect and read timeouts together: 2 s and 8 s
    default=timedelta(seconds=15),
    meaning="how long a worker may take to send a message before its outcome counts as unknown",
)
lost_after: Setting[timedelta] = Setting(
    DELIVERY,
    "DELIVERY_LOST_SECONDS",
    formats.seconds(5, 3600),
    default=timedelta(seconds=30),
    meaning="how long a message with an unknown outcome waits for its receipt before the person is told that it is "
    "lost",
)
