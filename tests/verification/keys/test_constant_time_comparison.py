"""Tests that texts are compared as they are, whatever they contain."""

from hypothesis import given
from hypothesis import strategies as st

from verification.keys import constant_time_comparison


@given(st.text(max_size=50))
def test_compares_any_text(text: str) -> None:
    assert constant_time_comparison.same(text, text)
    assert not constant_time_comparison.same(text, f"{text}1")
