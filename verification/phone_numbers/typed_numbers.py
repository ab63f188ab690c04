"""Reads a phone number from what a person typed, and says what to change if it is none. Nothing is dialled here."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from verification import conf
from verification.inputs import digits
from verification.phone_numbers.types_ranges_and_masks import takes_texts, whole


class Impossible(ValueError):
    """The text isn't a number that can be dialled. The message says what to change, and `code` names the reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Number:
    """A number as it was typed: E.164, and the keys to press after the call is answered, if any."""

    e164: str
    extension: str = ""


# Words that stand before an extension, by language.
_EXTENSION_WORDS = """
    ext extn extension xtn x xt |  dw durchwahl nebenstelle nst klappe kl apparat app intern |
    poste interne p | int interno interna anexo extension | ramal extensao | interno int tel.int | toestel tst |
    anknytning ankn lokal lokalnr alanumero alanro sisenumber | wew wewn wewnetrzny | klapka linka l | mellek |
    dahili | доб добавочный вн внутр внутренний дод | вътр вътрешен | εσωτ εσωτερικο | داخلي تحويلة داخلی |
    שלוחה | ต่อ | 内線 | 分机 分機 转 轉 | 내선 | may le | एक्सटेंशन
"""
_MAX_EXTENSION_LENGTH = 10  # digits and pauses
_MAX_DIGITS = 15  # with the country code. Source: ITU-T E.164, 6
_MIN_DIGITS = 7  # a shorter piece of text is not a number of its own
_OR = "or|and|oder|und|ou|et|o|e|y|i|of|en|og|och|eller|lub|или|и|または"
_MAX_TEXT_LENGTH = 200  # characters

# URI schemes that may stand before a number and are left out. A number behind any other scheme is refused.
_SCHEMES = frozenset({"tel", "sms", "smsto", "callto"})

# Numbers written out of habit that can't be dialled from abroad, and what was meant; tried if a text isn't a number.
# None may match a typing error: if a digit is missing, the number is refused, so that nobody else is called.
_HABITS = tuple(
    (re.compile(pattern), meant)
    for pattern, meant in (
        (r"\+?(?:00|011)([1-9]\d{6,14})", r"+\1"),  # the international prefix of another country, or beside a plus
        (r"\+52(?:1|01|044|045)(\d{10})", r"+52\1"),  # Mexico: prefixes that ended in 2019
        (r"\+54(?:9?15|0?915)(\d{10})", r"+549\1"),  # Argentina: 15 before the area instead of 9
        (r"\+549(\d{2,4}?)15(\d{6,8})", r"+549\1\2"),  # and both
        (r"\+55(\d\d)([6-8]\d{7})", r"+55\g<1>9\2"),  # Brazil: mobiles before their ninth digit, unless it is there
        (r"\+390(3\d{8,9})", r"+39\1"),  # Italy: mobiles with the zero of other phones
        (r"\+229(\d{8})", r"+22901\1"),  # Benin: before the 01 of 2024
    )
)
# Italy: the zero is a part of the number, which people leave out behind the country code, and never without it.
_NO_ZERO = (re.compile(r"\+39([1-9]\d{5,10})"), r"+390\1")


def parse(text: str, region: str = "") -> Number:
    """Read a national or international number, with an extension if one is written behind it.

    Shape: digits of any script. What can't be read is refused, never left out.
    Errors: `Impossible` with words for the person. Source: ITU-T E.164 by libphonenumber; RFC 3966 for `tel:`.
    """
    if sign := next((sign for sign in text if unicodedata.category(sign) == "No"), ""):
        raise _no_sign(sign)  # the digit of a footnote or a list, which would count as one of the number
    text, region = _tidy(text[:_MAX_TEXT_LENGTH]), region or conf.home_region()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.isalpha():
        if scheme.casefold() not in _SCHEMES:
            words = _("Enter only the phone number, without “%(word)s”.") % {"word": f"{scheme}:"}
            raise Impossible(words, "scheme")
        text = _in_context(rest.strip())
    if _is_two(text, region):
        raise Impossible(_("These are two numbers. Enter one of them."), "two_numbers")
    text, extension = _split(text)
    number = _resolve(_signs(text), region)
    return Number(phonenumbers.format_number(number, PhoneNumberFormat.E164), extension)


def read(text: str, region: str = "") -> str:
    """Read a number that has no extension. Shape: E.164. Errors: `Impossible` with words for the person."""
    number = parse(text, region)
    if number.extension:
        words = _("This number has an extension, which only a call can reach. Enter the number without it.")
        raise Impossible(words, "has_extension")
    return number.e164


def extension(text: str) -> str:
    """Read what was typed as an extension: digits of any script, spaces between them, its word before it.

    Shape: digits, `*`, `#`, and `,` for a pause. Errors: `Impossible` with words for the person.
    """
    found = re.fullmatch(r"([^\d*#,]*)([\d*#,][\d\s*#,.()-]*)", _tidy(text))
    if found is None or not _is_mark(found[1]):
        raise _no_extension()
    return _keys(found[2])


def _tidy(text: str) -> str:
    """Return plain digits, dashes and spaces, without the invisible marks that come with pasted numbers."""
    folded = digits.plain(unicodedata.normalize("NFKC", text))
    signs = ("-" if unicodedata.category(sign) == "Pd" or sign == "−" else sign for sign in folded)
    return " ".join("".join(sign for sign in signs if unicodedata.category(sign) != "Cf").split())


def _in_context(text: str) -> str:
    """Put a local number of RFC 3966 behind the country code that it names."""
    number, mark, context = text.partition(";phone-context=")
    return f"{context}{number}" if mark and re.fullmatch(r"\+\d+", context) else text


def _is_two(text: str, region: str) -> bool:
    """Return whether more than one number was typed, with a comma, a slash, a plus or a word between them."""
    pieces = re.split(rf"[,;/|&+]|\s(?:{_OR})\s", text, flags=re.IGNORECASE)
    long = [piece for piece in pieces if sum(sign.isdigit() for sign in piece) >= _MIN_DIGITS]
    if len(long) < 2:
        return False
    return sum(sign.isdigit() for sign in text) > _MAX_DIGITS or all(_parsed(piece, region) for piece in long)


def _split(text: str) -> tuple[str, str]:
    """Split off an extension: what comes after a word or sign for one."""
    found = re.fullmatch(r"([+\d\s()\[\]./-]*?)([^\d+\s()\[\]./-][^\d+]*?)([\d*#][\d\s*#,.-]*)\)?", text)
    if found is None or not _is_mark(found[2]) or not any(sign.isdigit() for sign in found[1]):
        return text, ""
    if found[2][0] in "lL" and found[1][-1].isdigit():
        return text, ""  # a letter that was typed instead of a 1
    return found[1], _keys(found[3])


def _is_mark(text: str) -> bool:
    word = _fold(text).strip(" .:;,=#~()[]°")
    return not word or word in _MARKS


def _fold(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))


_MARKS = frozenset(_fold(_EXTENSION_WORDS).replace("|", " ").split()) | {"may le", "ext no", "ext nr", "int no"}


def _keys(text: str) -> str:
    keys = re.sub(r"[\s.()-]", "", text).lstrip(",")
    if not re.fullmatch(rf"[\d,*#]{{1,{_MAX_EXTENSION_LENGTH}}}", keys) or not any(key.isdigit() for key in keys):
        raise _no_extension()
    return keys


def _no_extension() -> Impossible:
    return Impossible(
        _("Enter an extension of up to %(n)d digits. A comma adds a pause.") % {"n": _MAX_EXTENSION_LENGTH}, "extension"
    )


def _signs(text: str) -> str:
    """Return the digits, after a plus if there is one. Errors: `Impossible` for any other character."""
    if not any(sign.isdigit() for sign in text):
        raise Impossible(_("This isn’t a phone number. Check it and the country."), "no_digits")
    bare = re.sub(r"[\s()\[\]./-]", "", text)
    found = re.fullmatch(r"(\+*)(\d+)", bare)
    if found is None:
        sign = next(sign for sign in bare.lstrip("+") if not sign.isdigit())
        raise _no_sign(sign)
    return f"{found[1][:1]}{found[2]}"


def _no_sign(sign: str) -> Impossible:
    return Impossible(_("A phone number has no “%(sign)s”. Enter one number, in digits.") % {"sign": sign}, "sign")


def _resolve(signs: str, region: str) -> PhoneNumber:
    """Find the number that is meant. Errors: `Impossible` when there is none, or two are as likely."""
    here, abroad = _parsed(signs, region), _parsed(f"+{signs}") if signs[0] != "+" else None
    if abroad is not None and phonenumbers.region_code_for_number(abroad) == region and abroad != here:
        is_mobile_abroad = phonenumbers.number_type(abroad) in {
            PhoneNumberType.MOBILE,
            PhoneNumberType.FIXED_LINE_OR_MOBILE,
        }
        if here is None or (is_mobile_abroad and phonenumbers.number_type(here) == PhoneNumberType.FIXED_LINE):
            return abroad  # the country code without its plus: nobody has so long a number at home
        raise _either(abroad, here)
    if here and (other := _by_plus_eight(signs, region)):
        raise _either(here, other)
    found = here or _by_plus_eight(signs, region) or _by_habit(signs, region)
    if found is None:
        raise _unknown(signs, region)
    return found


def _either(one: PhoneNumber, other: PhoneNumber) -> Impossible:
    both = {"one": whole(one), "other": whole(other)}
    words = _("This may be %(one)s or %(other)s. Enter it again in one of these forms.") % both
    return Impossible(words, "ambiguous")


def _parsed(signs: str, region: str = "") -> PhoneNumber | None:
    """Read digits as a number that exists, or return None."""
    try:
        number = phonenumbers.parse(signs, region or None)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _international(signs: str, region: str) -> str:
    """Write digits with the country code in front, even if no such number exists."""
    try:
        return str(phonenumbers.format_number(phonenumbers.parse(signs, region), PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        return signs


def _by_habit(signs: str, region: str) -> PhoneNumber | None:
    tried, habits = [signs, _international(signs, region)], _habits(signs)
    for text in tried:
        for pattern, meant in habits:
            found = pattern.fullmatch(text)
            if found is None or (better := found.expand(meant)) in tried:
                continue
            if number := _parsed(better):
                return number
            tried.append(better)
    return None


def _by_plus_eight(signs: str, region: str) -> PhoneNumber | None:
    """Read the 8 of calls within Russia and Kazakhstan behind a plus. Elsewhere +84 is Vietnam, and +886 Taiwan."""
    found = re.fullmatch(r"\+8([3489]\d{9})", signs) if region in {"RU", "KZ"} else None
    return _parsed(f"+7{found[1]}") if found else None


def _habits(signs: str) -> Sequence[tuple[re.Pattern[str], str]]:
    """Return the patterns of numbers written out of habit that may match these digits, as they were typed."""
    is_abroad = signs.startswith(("+", "00", "011"))
    return (*_HABITS, _NO_ZERO) if is_abroad else _HABITS


def _unknown(signs: str, region: str) -> Impossible:
    """Say what is wrong with digits that are no number."""
    words = {
        "short": _("This number is too short. Check whether a digit is missing."),
        "long": _(
            "This number is too long. Check whether there’s a digit too many, or enter an extension in its own field."
        ),
        "length": _("This number has too few or too many digits. Check it."),
        "area": _("The area code is missing. Enter the number as you dial it from another town."),
        "country": _("We don’t know this country code. Choose the country and enter the number as you dial it there."),
        "start": _("Numbers in this country don’t start like this. Check the first digits and the country."),
    }
    elsewhere = _parsed(f"+{signs}") if signs[0] != "+" else None
    try:
        number = phonenumbers.parse(signs, region)
    except phonenumbers.NumberParseException as error:
        kinds = {
            phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "country",
            phonenumbers.NumberParseException.TOO_LONG: "long",
        }
        kind = kinds.get(error.error_type, "short")
        return Impossible(words[kind], kind)
    kind, n_digits = _misfit(number)
    if elsewhere is not None and n_digits != 1:
        hint = _("This looks like a number in another country. If it is, enter it with a plus: %(number)s.")
        return Impossible(hint % {"number": whole(elsewhere)}, "elsewhere")
    return Impossible(words[kind], kind)


def _misfit(number: PhoneNumber) -> tuple[str, int]:
    """Say why a text isn't a number, and how many digits more or fewer would make it one; 0 if unknown."""
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return "area", 0
    whole = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    steps = range(1, max(2, _MAX_DIGITS + 2 - len(whole)))
    missing = next((n for n in steps if any(_parsed(whole + digit * n) for digit in "0125")), 0)
    extra = next((n for n in range(1, len(whole) - 4) if _parsed(whole[:-n])), 0)
    found = sorted((n, kind) for n, kind in ((missing, "short"), (extra, "long")) if n)
    if len(found) == 2 and missing == extra:
        return "length", missing
    if found:
        return found[0][1], found[0][0]
    kinds = {ValidationResult.TOO_SHORT: "short", ValidationResult.TOO_LONG: "long"}
    return kinds.get(possible, "start"), 0


def for_texts(e164: str) -> str:
    """Return the number by which texts reach a phone.

    Argentine mobiles take a 9 from abroad that few people write; of mobiles and other phones no two share a number.
    """
    mobile = f"+549{e164[3:]}"
    return mobile if e164.startswith("+54") and not takes_texts(e164) and _parsed(mobile) else e164
