"""Numbers as people type them are stored as E.164 and shown masked; impossible ones are refused in words."""

import pytest

from verification import numbers


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
    assert numbers.read(text, region) == stored


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("12", "too short"),
        ("079 555 01 23 45 67 89", "too long"),
        ("+999 12345678", "country code is not known"),
        ("hello", "not a number"),
        ("", "not a number"),
    ],
)
def test_refuses_impossible_numbers_in_words(text: str, words: str) -> None:
    with pytest.raises(numbers.Impossible, match=words):
        numbers.read(text, "CH")


@pytest.mark.parametrize(
    ("number", "masked"),
    [("+41795550123", "+41 XX XXX XX 23"), ("+14155552671", "+1 XXX-XXX-XX71"), ("+4915123456789", "+49 XXXX XXXXX89")],
)
def test_shows_country_and_last_two_digits_alone(number: str, masked: str) -> None:
    assert numbers.mask(number) == masked


@pytest.mark.parametrize(
    ("number", "takes"),
    [("+41795550123", True), ("+41445550102", False), ("+41800555000", False), ("+14155552671", True)],
)
def test_knows_which_numbers_may_take_texts(number: str, takes: bool) -> None:
    assert numbers.takes_texts(number) is takes


@pytest.mark.parametrize(("number", "is_premium"), [("+41900123456", True), ("+41795550123", False)])
def test_knows_numbers_that_cost_extra(number: str, is_premium: bool) -> None:
    assert numbers.is_premium(number) is is_premium


def test_names_the_range_of_a_number() -> None:
    assert numbers.prefix("+41795550123") == "+41795"
