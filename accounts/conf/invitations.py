"""Settings of invitations: how long their links work, and when reminders follow."""

from datetime import timedelta

from accounts.conf.sections import SIGN_IN
from verification.declaring_settings import Setting, formats

invitation_life: Setting[timedelta] = Setting(
    SIGN_IN,
    "INVITATION_DAYS",
    formats.days(1, 60),
    default=timedelta(days=14),
    meaning="how long the link of an invitation works",
)
invitation_reminder_interval: Setting[timedelta] = Setting(
    SIGN_IN,
    "INVITATION_REMINDER_DAYS",
    formats.days(1, 60),
    default=timedelta(days=4),
    meaning="how long after an invitation or a reminder the next reminder is sent to people who have not signed in",
)
invitation_reminders: Setting[int] = Setting(
    SIGN_IN,
    "INVITATION_REMINDERS",
    formats.whole_number(0, 10),
    default=2,
    unit="emails",
    meaning="how many reminders follow an invitation",
)
