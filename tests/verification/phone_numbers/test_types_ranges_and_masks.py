"""Tests of what a whole phone number says: its type, its range and its mask."""

import pytest

from verification import phone_numbers


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("+41860795550123", "voicemail"),
        ("+447012345678", "personal number"),
        ("+447640123456", "pager"),
        ("+41900123456", "cost extra"),
        ("+41848123456", "cost extra"),
        ("+979123456789", "cost extra"),
        ("+49180112345", "cost extra"),
        ("+870773123456", "satellite"),
        ("+881612345678", "satellite"),
        ("+883510012345678", "no country"),
        ("+41795550123", ""),
        ("+41445550167", ""),
        ("+14155552671", ""),
        ("+447624123456", ""),
    ],
)
def test_says_why_no_codes_go_to_a_number(number: str, words: str) -> None:
    said = phone_numbers.refusal(number)

    assert words in said
    assert bool(said) is bool(words)


@pytest.mark.parametrize(
    ("text", "is_e164"),
    [
        ("+41795550123", True),
        ("41795550123", False),
        ("+999123456", False),
        ("+" + "1" * 16, False),
        ("+41\0", False),
        ("+٤١٧٩", False),
    ],
)
def test_knows_the_storing_form(text: str, is_e164: bool) -> None:
    assert phone_numbers.is_e164(text) is is_e164


@pytest.mark.parametrize(
    ("number", "masked"),
    [("+41795550123", "•••\xa0••\xa023"), ("+14155552671", "•••\xa0••\xa071"), ("+4915123456789", "•••\xa0••\xa089")],
)
def test_shows_only_the_last_two_digits(number: str, masked: str) -> None:
    """Seen failing: with ordinary spaces, "Text message ••• •• 23" broke within the number on a phone."""
    assert phone_numbers.mask(number) == masked


@pytest.mark.parametrize(
    ("number", "takes"),
    [("+41795550123", True), ("+41445550102", False), ("+41800555000", False), ("+14155552671", True)],
)
def test_knows_which_numbers_may_take_texts(number: str, takes: bool) -> None:
    assert phone_numbers.takes_texts(number) is takes


@pytest.mark.parametrize(("number", "is_premium"), [("+41900123456", True), ("+41795550123", False)])
def test_knows_numbers_that_cost_extra(number: str, is_premium: bool) -> None:
    assert phone_numbers.is_premium(number) is is_premium


def test_names_the_range_of_a_number() -> None:
    assert phone_numbers.prefix("+41795550123") == "+41795"
