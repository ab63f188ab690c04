"""Phone numbers: reading what a person typed, storing form, masked form. Nothing is looked up or dialled here."""

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from verification import conf


class Impossible(ValueError):
    """The text is no number that can be dialled; the message says in words what to change."""


_REASONS = {
    phonenumbers.ValidationResult.TOO_SHORT: "short",
    phonenumbers.ValidationResult.TOO_LONG: "long",
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "country",
}


def read(text: str, region: str = "") -> str:
    """Read a national or international number.

    Shape: E.164. Errors: `Impossible` with words for the person. Source: ITU-T E.164 by libphonenumber.
    """
    words = {
        "short": _("This number is too short. Check that no digit is missing."),
        "long": _("This number is too long. Check for a digit too many, or put an extension into its own field."),
        "country": _("The country code is not known. Choose the country and type the number as you dial it there."),
        "other": _("This is not a number that can be called. Check it and the country beside it."),
    }
    try:
        number = phonenumbers.parse(text, region or conf.home_region())
    except phonenumbers.NumberParseException as error:
        kind = "country" if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE else "other"
        raise Impossible(words[kind]) from error
    possible = phonenumbers.is_possible_number_with_reason(number)
    if not phonenumbers.is_valid_number(number):
        raise Impossible(words[_REASONS.get(possible, "other")])
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def takes_texts(e164: str) -> bool:
    """Tell whether a number may belong to a mobile phone, as far as its digits say."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind not in {PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.VOIP}


def is_mobile(e164: str) -> bool:
    """Tell whether a number surely or possibly belongs to a mobile phone, by its range."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind in {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def is_premium(e164: str) -> bool:
    """Tell whether calling a number costs its caller extra; codes never go there."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind in {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN}


def prefix(e164: str) -> str:
    """Give the range a number lies in: country code and the next three digits."""
    code = str(_calling_code(e164))
    return e164[: 1 + len(code) + 3]


def mask(e164: str) -> str:
    """Hide a number but for its country code and last two digits. Shape: `+41 XX XXX XX 89`."""
    number = phonenumbers.parse(e164)
    shown = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    head = f"+{number.country_code}"
    body = shown[len(head) :]
    kept = 2
    masked = "".join(
        "X" if c.isdigit() and sum(d.isdigit() for d in body[i + 1 :]) >= kept else c for i, c in enumerate(body)
    )
    return head + masked


def country(e164: str) -> str:
    """Give the country of a number. Shape: ISO 3166, or 001 for numbers of no country.

    Most country codes are of one country; only where several share one are the further digits read.
    """
    if not _calling_code(e164):
        return ""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(_calling_code(e164), ())
    if len(regions) == 1:
        return str(regions[0])
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""


def is_country(code: str) -> bool:
    """Tell whether there are phone numbers of a country. Shape: ISO 3166."""
    return code.upper() in phonenumbers.SUPPORTED_REGIONS


def _calling_code(e164: str) -> int:
    """Read the country code, which no other one begins with; 0 for none. Source: ITU-T E.164, 6.2.1."""
    codes = (int(e164[1:end] or 0) for end in (2, 3, 4) if e164[1:end].isdecimal())
    return next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), 0)
