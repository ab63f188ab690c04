"""Settings: the threads that notify workers of messages."""

from verification.conf import DELIVERY
from verification.declaring_settings import Setting, formats

publisher_threads: Setting[int] = Setting(
    DELIVERY,
    "DELIVERY_PUBLISHER_THREADS",
    formats.whole_number(0, 64),
    default=4,
    unit="threads",
    meaning="threads of a web process that notify workers of messages, or send them if the broker is down; 0 leaves "
    "all to workers",
)
