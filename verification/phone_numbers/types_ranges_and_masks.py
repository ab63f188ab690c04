"""What a whole phone number says: its type, whether it gets texts or codes, its country, its range, and its mask."""

import re

import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

_NO_TEXTS = frozenset({PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.VOIP})
_PREMIUM = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN})
_UNFIT: dict[int, Promise] = {
    **dict.fromkeys(_PREMIUM, gettext_lazy("We don’t send codes to numbers that cost extra. Use another number.")),
    PhoneNumberType.PERSONAL_NUMBER: gettext_lazy(
        "This is a personal number. Calls to it can go anywhere and cost extra. Use another number."
    ),
    PhoneNumberType.VOICEMAIL: gettext_lazy("This is a voicemail number. Enter the number of the phone itself."),
    PhoneNumberType.PAGER: gettext_lazy("This is a pager number, and pagers can’t receive codes. Use another number."),
}
# Satellite phones and networks of no country. Source: ITU-T, list of assigned country codes.
_NO_COUNTRY = frozenset({870, 878, 881, 882, 883, 888})


def is_e164(text: str) -> bool:
    """Return whether a text is a number as we store it, with a country code that exists."""
    return bool(re.fullmatch(r"\+[1-9][0-9]{4,14}", text)) and bool(_calling_code(text))


def refusal(e164: str) -> str:
    """Say why we send no codes to a number, wherever it is dialled from, or return an empty text if we do."""
    if _calling_code(e164) in _NO_COUNTRY:
        return _("This number belongs to a satellite phone or to no country, and calls cost a lot. Use another number.")
    return str(_UNFIT.get(phonenumbers.number_type(phonenumbers.parse(e164)), ""))


def takes_texts(e164: str) -> bool:
    """Return whether a number may belong to a mobile phone, as far as its digits say."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) not in _NO_TEXTS


def is_mobile(e164: str) -> bool:
    """Return whether a number surely or possibly belongs to a mobile phone, by its range."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind in {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def is_premium(e164: str) -> bool:
    """Return whether calling a number costs its caller extra; codes never go there."""
    return phonenumbers.number_type(phonenumbers.parse(e164)) in _PREMIUM


def prefix(e164: str) -> str:
    """Return the range a number lies in: country code and the next three digits."""
    code = str(_calling_code(e164))
    return e164[: 1 + len(code) + 3]


def shown(text: str) -> str:
    """Write a number as people do; what is none stays as it is. Shape: `+41 79 555 01 89`."""
    return whole(phonenumbers.parse(text)) if is_e164(text) else text


def mask(e164: str) -> str:
    """Hide a number except for its last two digits. Shape: `••• •• 89`, with no-break spaces."""
    return f"•••\xa0••\xa0{e164[-2:]}"


def country(e164: str) -> str:
    """Return the country of a number. Shape: ISO 3166, or 001 for numbers of no country.

    Most country codes are of one country; only where several share one are the further digits read.
    """
    if not _calling_code(e164):
        return ""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(_calling_code(e164), ())
    if len(regions) == 1:
        return str(regions[0])
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""


def is_country(code: str) -> bool:
    """Return whether there are phone numbers of a country. Shape: ISO 3166."""
    return code.upper() in phonenumbers.SUPPORTED_REGIONS


def _calling_code(e164: str) -> int:
    """Read the country code, which no other one begins with; 0 for none. Source: ITU-T E.164, 6.2.1."""
    codes = (int(e164[1:end] or 0) for end in (2, 3, 4) if e164[1:end].isdecimal())
    return next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 0)


def whole(number: PhoneNumber) -> str:
    """Write a number as people do. Shape: `+41 79 555 01 89`."""
    return str(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL))
