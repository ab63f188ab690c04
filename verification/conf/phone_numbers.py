"""Settings of phone numbers: the country of numbers without a country code, and your senders' numbers."""

from verification.conf.sections import ORGANISATION
from verification.declaring_settings import Setting, formats

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
