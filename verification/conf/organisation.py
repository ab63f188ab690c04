"""Settings of the organisation and its support desk."""

from verification.setting import Setting, SettingsSection, formats

ORGANISATION = SettingsSection(
    "Organisation and support",
    "How pages, messages and articles name you and your support desk.",
    families=("SUPPORT_", "ORGANISATION_"),
)

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
home_region: Setting[str] = Setting(
    ORGANISATION,
    "HOME_REGION",
    formats.region,
    default="CH",
    meaning="the country of phone numbers that are entered without a country code",
)
sender_numbers: Setting[tuple[str, ...]] = Setting(
    ORGANISATION,
    "SENDER_NUMBERS",
    formats.words("numbers or names, separated by commas", example="+41445550199,Example"),
    default=(),
    meaning="further numbers that your texts and calls come from; the help centre lists them beside the providers' own",
    is_sender=True,
)
