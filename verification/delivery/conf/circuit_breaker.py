"""Settings: after how many failures a provider is bypassed, and for how long."""

from datetime import timedelta

from verification.conf import DELIVERY
from verification.declaring_settings import Setting, formats

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
