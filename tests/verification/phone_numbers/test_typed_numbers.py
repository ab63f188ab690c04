"""Numbers as people type them are stored as E.164 and shown masked; impossible ones are refused in words."""

import re

import pytest

from verification import phone_numbers


@pytest.mark.parametrize(
    ("text", "region", "stored"),
    [
        ("079 555 01 23", "CH", "+41795550123"),
        ("079 555 01 23", "", "+41795550123"),
        ("+41 79 555 01 23", "DE", "+41795550123"),
        ("0041 79 555 01 23", "CH", "+41795550123"),
        ("(079) 555-01-23", "CH", "+41795550123"),
        ("0151 23456789", "DE", "+4915123456789"),
        ("(415) 555-2671", "US", "+14155552671"),
    ],
)
def test_reads_national_and_international_numbers(text: str, region: str, stored: str) -> None:
    assert phone_numbers.read(text, region) == stored


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12", "short"),
        ("079 555 01 23 45 67 89", "long"),
        ("+999 12345678", "country"),
        ("hello", "no_digits"),
        ("", "no_digits"),
    ],
)
def test_refuses_impossible_numbers_and_says_why(text: str, code: str) -> None:
    with pytest.raises(phone_numbers.Impossible) as refused:
        phone_numbers.read(text, "CH")

    assert refused.value.code == code


HABITS = [
    # (as it is typed, the country beside it, what is meant)
    ("4915112345678", "DE", "+4915112345678"),
    ("436641234567", "AT", "+436641234567"),
    ("393471234567", "IT", "+393471234567"),
    ("41795550123", "CH", "+41795550123"),
    ("447911123456", "GB", "+447911123456"),
    ("919876543210", "IN", "+919876543210"),
    ("5511987654321", "BR", "+5511987654321"),
    ("11 15 2345-6789", "AR", "+5491123456789"),
    ("0351 15 234 5678", "AR", "+5493512345678"),
    ("+54 15 11 2345 6789", "AR", "+5491123456789"),
    ("+54 11 15 2345 6789", "AR", "+5491123456789"),
    ("+54 9 11 15 2345 6789", "AR", "+5491123456789"),
    ("+54 9 11 2345 6789", "CH", "+5491123456789"),
    ("+52 1 55 1234 5678", "MX", "+525512345678"),
    ("044 55 1234 5678", "MX", "+525512345678"),
    ("045 55 1234 5678", "MX", "+525512345678"),
    ("01 55 1234 5678", "MX", "+525512345678"),
    ("0052 1 55 1234 5678", "US", "+525512345678"),
    ("+55 11 8765 4321", "BR", "+5511987654321"),
    ("0 15 11 98765-4321", "BR", "+5511987654321"),
    ("06 12345678", "IT", "+390612345678"),
    ("+39 6 12345678", "CH", "+390612345678"),
    ("0347 1234567", "IT", "+393471234567"),
    ("+39 (0)347 1234567", "IT", "+393471234567"),
    ("8 912 345 67 89", "RU", "+79123456789"),
    ("+8 912 345 67 89", "RU", "+79123456789"),
    ("+7 (8) 912 345 67 89", "RU", "+79123456789"),
    ("8 10 41 79 555 01 23", "RU", "+41795550123"),
    ("8 701 234 5678", "KZ", "+77012345678"),
    ("011 41 79 555 01 23", "US", "+41795550123"),
    ("00 41 79 555 01 23", "US", "+41795550123"),
    ("1 415 555 2671", "US", "+14155552671"),
    ("+44 (0)20 7946 0958", "CH", "+442079460958"),
    ("+41 (0)79 555 01 23", "CH", "+41795550123"),
    ("(+41) 79 555 01 23", "CH", "+41795550123"),
    ("+0041 79 555 01 23", "CH", "+41795550123"),
    ("+33 (0)6 12 34 56 78", "CH", "+33612345678"),
    ("+972 050-234-5678", "IL", "+972502345678"),
    ("+81 090-1234-5678", "JP", "+819012345678"),
    ("06 30 123 4567", "HU", "+36301234567"),
    ("+229 97 12 34 56", "BJ", "+2290197123456"),
    ("0151/23456789", "DE", "+4915123456789"),
    ("0049 8151/1234567", "DE", "+4981511234567"),
    ("076\N{NON-BREAKING HYPHEN}555\N{EN DASH}01.23", "CH", "+41765550123"),
    (
        "\N{LEFT-TO-RIGHT EMBEDDING}+41\N{NO-BREAK SPACE}79 555 01 23\N{POP DIRECTIONAL FORMATTING}",
        "CH",
        "+41795550123",
    ),
    ("٠٧٩ ٥٥٥ ٠١ ٢٣", "CH", "+41795550123"),
    ("०७९ ५५५ ०१ २३", "CH", "+41795550123"),
    ("＋４１７９５５５０１２３", "CH", "+41795550123"),
    ("tel:+41-79-555-01-23", "CH", "+41795550123"),
    ("tel:079-555-01-23;phone-context=+41", "DE", "+41795550123"),
    ("sms:+41795550123", "CH", "+41795550123"),
]


@pytest.mark.parametrize(("text", "region", "meant"), HABITS)
def test_reads_numbers_as_people_of_many_countries_write_them(text: str, region: str, meant: str) -> None:
    assert phone_numbers.parse(text, region) == phone_numbers.Number(meant)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("092345678", "TW"),  # was read as +7 869 234 56 78
        ("+886 9234 5678", "TW"),
        ("0211234567", "VN"),
        ("42093692", "BD"),
        ("+84 211 234 567", "CH"),
        ("11 9123-4567", "BR"),
        ("+55 11 9123-4567", "CH"),
        ("6 12 34 56 78", "IT"),
        ("12 345 6789", "IT"),
        ("556752334", "VA"),
    ],
)
def test_typing_mistake_does_not_become_the_number_of_someone_else(text: str, region: str) -> None:
    """Seen: with a digit too few, a Taiwanese mobile became a Russian one, and a Brazilian one another person's."""
    with pytest.raises(phone_numbers.Impossible):
        phone_numbers.parse(text, region)


@pytest.mark.parametrize(
    ("text", "region", "words"),
    [
        ("030 123456\N{SUPERSCRIPT ONE}", "DE", "has no “¹”"),
        ("\N{CIRCLED DIGIT ONE} 030 123456", "DE", "has no “①”"),
        ("+49 30 123456l7", "DE", "has no “l”"),
        ("+49 30 123456l 7", "DE", "has no “l”"),
    ],
)
def test_what_only_looks_like_a_digit_is_none(text: str, region: str, words: str) -> None:
    """A footnote was dialled, and a letter instead of a 1 ended the number and began an extension."""
    with pytest.raises(phone_numbers.Impossible, match=words):
        phone_numbers.parse(text, region)


def test_a_plus_before_the_eight_of_russia_is_asked_about_where_it_may_be_vietnam() -> None:
    with pytest.raises(phone_numbers.Impossible, match=re.escape("+84 951 234 567 or +7 495 123-45-67")):
        phone_numbers.parse("+8 495 123 45 67", "RU")


@pytest.mark.parametrize(
    ("behind", "extension"),
    [
        (" ext. 12", "12"),
        (" EXT 12", "12"),
        (" x12", "12"),
        (" (extension 12)", "12"),
        (";12", "12"),
        (";ext=12", "12"),
        (",,12#", "12#"),
        (",12,,34", "12,,34"),
        (" #12", "12"),
        (" Durchwahl 12", "12"),
        (" DW: 12", "12"),
        (" Nebenstelle 1 2", "12"),
        (" poste 12", "12"),
        (" int. 12", "12"),
        (" extensión 12", "12"),
        (" ramal 12", "12"),
        (" toestel 12", "12"),
        (" wewn. 12", "12"),
        (" mellék 12", "12"),
        (" dahili 12", "12"),
        (" доб. 12", "12"),
        (" вн. 12", "12"),
        (" εσωτ. 12", "12"),
        (" تحويلة ١٢", "12"),
        (" שלוחה 12", "12"),
        (" ต่อ ๑๒", "12"),
        (" 内線12", "12"),
        (" 分机12", "12"),
        (" 내선 12", "12"),
        (" máy lẻ 12", "12"),
    ],
)
@pytest.mark.parametrize("number", ["044 555 01 67", "+41 44 555 01 67", "tel:+41445550167"])
def test_reads_an_extension_behind_a_number(number: str, behind: str, extension: str) -> None:
    assert phone_numbers.parse(number + behind, "CH") == phone_numbers.Number("+41445550167", extension)


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("12", "12"),
        (" 1 2 ", "12"),
        ("١٢", "12"),
        ("ext. 12", "12"),
        ("1,,2#", "1,,2#"),
        ("४५", "45"),
        ("Durchwahl 7", "7"),
    ],
)
def test_reads_an_extension_by_itself(text: str, extension: str) -> None:
    assert phone_numbers.extension(text) == extension


@pytest.mark.parametrize("text", ["1a", "abc", "12345678901", "#", "12/13", "1;2", ""])
def test_refuses_what_is_no_extension(text: str) -> None:
    with pytest.raises(phone_numbers.Impossible) as refused:
        phone_numbers.extension(text)

    assert refused.value.code == "extension"


def test_reads_no_extension_where_there_is_no_place_for_one() -> None:
    with pytest.raises(phone_numbers.Impossible) as refused:
        phone_numbers.read("044 555 01 67 ext. 12", "CH")

    assert refused.value.code == "has_extension"


@pytest.mark.parametrize(
    ("text", "region", "code"),
    [
        ("079 555 01 2", "CH", "short"),
        ("079 555 01 234", "CH", "long"),
        ("0151 1234", "DE", "short"),
        ("415 555 267", "US", "short"),
        ("415 555 26712", "US", "long"),
        ("06 12 34 56 7", "FR", "short"),
        ("06 12 34 56 789", "FR", "long"),
        ("07911 12345", "GB", "short"),
        ("07911 1234567", "GB", "long"),
        ("98765 4321", "IN", "short"),
        ("98765 432101", "IN", "long"),
        ("090-1234-567", "JP", "short"),
        ("0412 345 67", "AU", "short"),
        ("612 34 56 7", "ES", "short"),
        ("347 12345", "IT", "short"),
        ("06 1234567", "NL", "short"),
        ("11 9876-543", "BR", "short"),
        ("138 1234 567", "CN", "short"),
        ("112", "CH", "short"),
        ("1" * 90, "CH", "long"),
        ("555 2671", "US", "area"),
        ("4915112345678", "CH", "elsewhere"),
        ("079 555 01 23", "US", "start"),
        ("+999 12345678", "CH", "country"),
        ("+41 79 555 01 23 / +41 44 555 01 67", "CH", "two_numbers"),
        ("079 555 01 23, 044 555 01 67", "CH", "two_numbers"),
        ("079 555 01 23 or 044 555 01 67", "CH", "two_numbers"),
        ("079 555 01 23 oder 044 555 01 67", "DE", "two_numbers"),
        ("+41795550123+41445550167", "CH", "two_numbers"),
        ("079 555 01 23 044 555 01 67", "CH", "long"),
        ("044 555 01 67 ext 12345678901", "CH", "extension"),
        ("\0", "CH", "no_digits"),
        ("tel:", "CH", "no_digits"),
    ],
)
def test_says_what_is_wrong_with_a_number(text: str, region: str, code: str) -> None:
    with pytest.raises(phone_numbers.Impossible) as refused:
        phone_numbers.parse(text, region)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "region", "code", "named"),
    [
        ("whatsapp:+41795550123", "CH", "scheme", "“whatsapp:”"),
        ("sip:+41795550123@example.org", "CH", "scheme", "“sip:”"),
        ("https://wa.me/41795550123", "CH", "scheme", "“https:”"),
        ("1-800-FLOWERS", "US", "sign", "“F”"),
        ("079 555 01 23 (private)", "CH", "sign", "“p”"),
        ("079 555 01 23 \N{MOBILE PHONE}", "CH", "sign", "“\N{MOBILE PHONE}”"),
        ("#31#0795550123", "CH", "sign", "“#”"),
    ],
)
def test_names_what_does_not_belong_to_a_number(text: str, region: str, code: str, named: str) -> None:
    with pytest.raises(phone_numbers.Impossible, match=re.escape(named)) as refused:
        phone_numbers.parse(text, region)

    assert refused.value.code == code


def test_leaves_nothing_of_a_text_out() -> None:
    """Whatever is read holds every digit that was typed, but for prefixes: here there is none."""
    with pytest.raises(phone_numbers.Impossible):
        phone_numbers.parse("+41 79 555 01 23 7", "CH")


@pytest.mark.parametrize(
    ("number", "reached"),
    [
        ("+541123456789", "+5491123456789"),
        ("+5491123456789", "+5491123456789"),
        ("+41445550167", "+41445550167"),
        ("+41795550123", "+41795550123"),
    ],
)
def test_texts_reach_argentine_mobiles_by_their_nine(number: str, reached: str) -> None:
    assert phone_numbers.for_texts(number) == reached
