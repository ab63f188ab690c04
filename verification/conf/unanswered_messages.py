"""Settings: how many unanswered texts, calls and emails a person gets, and how long they then wait."""

from datetime import timedelta

from verification.conf.sections import CODES
from verification.declaring_settings import Setting, formats

unanswered_calls: Setting[int] = Setting(
    CODES,
    "UNANSWERED_CALLS",
    formats.whole_number(1, 100),
    default=3,
    unit="calls in a row",
    meaning="unanswered calls in a row after which a person gets no more for a while",
)
unanswered_texts: Setting[int] = Setting(
    CODES,
    "UNANSWERED_TEXTS",
    formats.whole_number(1, 100),
    default=5,
    unit="texts or emails in a row",
    meaning="unanswered texts, or emails, in a row after which a person gets no more for a while",
)
unanswered_window: Setting[timedelta] = Setting(
    CODES,
    "UNANSWERED_WINDOW_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=15),
    meaning="how long an unanswered message counts if no other follows",
)
unanswered_wait: Setting[timedelta] = Setting(
    CODES,
    "UNANSWERED_WAIT_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=30),
    meaning="how long a person gets no messages after too many unanswered ones; signing in with another method ends it",
)
