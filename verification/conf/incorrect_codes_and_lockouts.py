"""Settings: how many incorrect codes cause a delay, lock a method, or lock all methods."""

from datetime import timedelta

from verification.conf.sections import CODES
from verification.declaring_settings import Setting, formats

failures_before_delay: Setting[int] = Setting(
    CODES,
    "VERIFICATION_FAILURES_BEFORE_DELAY",
    formats.whole_number(1, 100),
    default=5,
    unit="incorrect answers in a row",
    meaning="incorrect answers in a row before the first delay, per person and method, over all sessions",
)
max_delay: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_MAX_DELAY_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=60),
    meaning="the longest delay; delays double from one minute up to this",
)
lockout_threshold: Setting[int] = Setting(
    CODES,
    "VERIFICATION_LOCKOUT_THRESHOLD",
    formats.whole_number(5, 100),
    default=30,
    unit="incorrect answers in a row",
    meaning="incorrect answers in a row that lock a method. Source: NIST SP 800-63B-4, 3.2.2 (at most 100)",
)
wrong_codes_per_month: Setting[int] = Setting(
    CODES,
    "WRONG_CODES_PER_MONTH",
    formats.whole_number(5, 1000),
    default=100,
    unit="incorrect codes per person in 30 days",
    meaning="incorrect codes of a person in 30 days, over all methods, that lock all methods until they are set up "
    "again. Source: NIST SP 800-63B-4, 3.2.2",
)
