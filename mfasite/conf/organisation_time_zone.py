"""The setting of the time zone of emails, texts and pages."""

from verification.conf import ORGANISATION
from verification.declaring_settings import Setting, formats

time_zone: Setting[str] = Setting(
    ORGANISATION,
    "TIME_ZONE",
    formats.time_zone,
    default="UTC",
    demo="Europe/Zurich",
    meaning="the time zone of emails and texts, and of pages for people who haven't chosen one",
)
