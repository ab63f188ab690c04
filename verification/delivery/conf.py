"""Settings of delivery. Each is declared here once and read when it is used."""

from datetime import timedelta

from verification.conf import DELIVERY
from verification.setting import Setting, formats

circuit_failures: Setting[int] = Setting(
    DELIVERY,
    "DELIVERY_CIRCUIT_FAILURES",
    formats.whole_number(1, 1000),
    default=5,
    unit="failures in a row",
    meaning="failures in a row after which a provider is bypassed for a while",
)
circuit_pause: Setting[timedelta] = Setting(
    DELIVERY,
    "DELIVERY_CIRCUIT_SECONDS",
    formats.seconds(1, 3600),
    default=timedelta(seconds=15),
    meaning="how long a failing provider is bypassed the first time; each further time in a row doubles it",
)
circuit_max_pause: Setting[timedelta] = Setting(
    DELIVERY,
    "DELIVERY_CIRCUIT_MAX_SECONDS",
    formats.seconds(1, 86_400),
    default=timedelta(seconds=300),
    meaning="the longest time that a failing provider is bypassed before one message tries it again",
)
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
publisher_threads: Setting[int] = Setting(
    DELIVERY,
    "DELIVERY_PUBLISHER_THREADS",
    formats.whole_number(0, 64),
    default=4,
    unit="threads",
    meaning="threads of a web process that notify workers of messages, or send them if the broker is down; 0 leaves "
    "all to workers",
)
