"""Settings of codes and incorrect answers."""

from datetime import timedelta

from verification.setting import Setting, SettingsSection, formats

CODES = SettingsSection("Codes and incorrect answers", families=("VERIFICATION_", "WRONG_CODES_", "UNANSWERED_"))

attempts_per_challenge: Setting[int] = Setting(
    CODES,
    "VERIFICATION_ATTEMPTS_PER_CHALLENGE",
    formats.whole_number(1, 100),
    default=5,
    unit="answers",
    meaning="how many answers one code, call or other challenge accepts. Source: ASVS 5.0, 6.6.3",
)
resend_after: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_RESEND_SECONDS",
    formats.seconds(5, 600),
    default=timedelta(seconds=30),
    meaning="how long a person waits before they can request another code",
)
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
cache_seconds: Setting[float] = Setting(
    CODES,
    "VERIFICATION_CACHE_SECONDS",
    formats.seconds_with_fraction(0.0, 60.0),
    default=1.0,
    meaning="how long a process may use cached policies, routes, outages and provider health",
)
