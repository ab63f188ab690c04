"""Every reader of input from outside takes any text without an error."""

from hypothesis import given
from hypothesis import strategies as st

from verification import inputs

ANYTHING = st.text(st.characters(exclude_categories=()))  # surrogates as well


@given(ANYTHING)
def test_takes_anything_without_an_error(value: str) -> None:
    for read in (inputs.text, inputs.line, inputs.number, inputs.day, inputs.address, inputs.parse_json):
        read(value)
