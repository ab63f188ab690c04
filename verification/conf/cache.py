"""How long processes may use cached policies, routes, outages and provider health."""

from verification.conf.sections import CODES
from verification.declaring_settings import Setting, formats

cache_seconds: Setting[float] = Setting(
    CODES,
    "VERIFICATION_CACHE_SECONDS",
    formats.seconds_with_fraction(0.0, 60.0),
    default=1.0,
    meaning="how long a process may use cached policies, routes, outages and provider health",
)
