"""Phone numbers: reading what a person typed, E.164, masks, countries; and the form field."""

from verification.phone_numbers.countries import country_name
from verification.phone_numbers.form import PhoneNumberForm
from verification.phone_numbers.typed_numbers import Impossible, Number, extension, for_texts, parse, read
from verification.phone_numbers.types_ranges_and_masks import (
    country,
    is_country,
    is_e164,
    is_mobile,
    is_premium,
    mask,
    prefix,
    refusal,
    shown,
    takes_texts,
)

__all__ = [
    "Impossible",
    "Number",
    "PhoneNumberForm",
    "country",
    "country_name",
    "extension",
    "for_texts",
    "is_country",
    "is_e164",
    "is_mobile",
    "is_premium",
    "mask",
    "parse",
    "prefix",
    "read",
    "refusal",
    "shown",
    "takes_texts",
]
