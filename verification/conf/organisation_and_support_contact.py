"""Settings: the organisation's name, and how people reach its support desk."""

from verification.conf.sections import ORGANISATION
from verification.declaring_settings import Setting, formats

organisation_name: Setting[str] = Setting(
    ORGANISATION,
    "ORGANISATION_NAME",
    formats.text(example="Müller Institute"),
    default="Example Organisation",
    meaning="your organisation's name, as pages, texts and calls show it",
)
support_name: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_NAME",
    formats.text(example="the help desk"),
    default="the support desk",
    demo="Example Service Desk",
    meaning="your support desk's name, where people are told who to contact",
)
support_phone: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_PHONE",
    formats.text(example="+41 44 555 01 01"),
    default="",
    demo="+41 44 555 01 00",
    meaning="the support desk's phone number",
)
support_email: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_EMAIL",
    formats.text("an email address", example="help@example.net", pattern=r"[^@\s]+@[^@\s]+"),
    default="",
    demo="support@example.org",
    meaning="the support desk's email address",
)
support_hours: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_HOURS",
    formats.text(example="Monday to Friday, 8:00 to 17:00"),
    default="",
    demo="Monday to Friday, 7:00 to 18:00",
    meaning="when the support desk can be reached",
)
