"""Settings that say how long records are kept."""

from verification.conf.sections import RETENTION
from verification.declaring_settings import Setting, formats

audit_retention_months: Setting[int] = Setting(
    RETENTION,
    "AUDIT_RETENTION_MONTHS",
    formats.whole_number(1, 1200),
    default=24,
    unit="months",
    meaning="how many whole months of the audit log are kept besides the current one. `verify_audit` proves that the "
    "rest was removed by the service, and not by anyone else",
)
message_retention_days: Setting[int] = Setting(
    RETENTION,
    "MESSAGE_RETENTION_DAYS",
    formats.whole_number(1, 3650),
    default=30,
    unit="days",
    meaning="how long texts, calls and emails are kept at least; on PostgreSQL until their whole month is older",
)
challenge_retention_days: Setting[int] = Setting(
    RETENTION,
    "CHALLENGE_RETENTION_DAYS",
    formats.whole_number(1, 3650),
    default=30,
    unit="days",
    meaning="how long finished challenges are kept; those with messages are kept as long as the messages",
)
