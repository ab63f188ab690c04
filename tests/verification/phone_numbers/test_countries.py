"""Tests that the countries to choose from are those of babel and phonenumbers."""

from babel import Locale
from phonenumber_field.formfields import localized_choices

from verification.phone_numbers import countries


def test_are_those_of_the_library_that_we_spare() -> None:
    assert set(countries.choices()) == set(localized_choices("en"))


def test_are_named_as_the_cldr_names_them() -> None:
    territories = Locale("en").territories

    assert {code: territories[code] for code in countries.NAMES} == countries.NAMES


def test_are_in_the_order_of_names_after_the_empty_choice() -> None:
    empty, *found = [label for _code, label in countries.choices()]

    assert empty == "---------"
    assert found == sorted(found)
