"""What people type as one line stays one line; a line break of a browser counts once."""

import pytest
from django import forms

from verification.inputs.fields import LineField, WordsField


class Typed(forms.Form):
    line = LineField(max_length=20, required=False)
    words = WordsField(max_length=5, required=False)


@pytest.mark.parametrize("typed", ["Zoë", "李小龙", "محمد علي", "می\u200cخواهم", "👩\u200d👩\u200d👧", "O'Brien"])
def test_keeps_names_of_any_script(typed: str) -> None:
    form = Typed({"line": typed})

    assert form.is_valid()
    assert form.cleaned_data["line"] == typed


@pytest.mark.parametrize("between", ["\r\n", "\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x1b", "\t"])
def test_what_ends_a_line_counts_as_a_space(between: str) -> None:
    form = Typed({"line": f"a{between}b"})

    assert form.is_valid()
    assert form.cleaned_data["line"] == "a b"


def test_nothing_but_controls_is_nothing() -> None:
    form = Typed({"line": "\u202e\x01\u2066"})

    assert form.is_valid()
    assert form.cleaned_data["line"] == ""


def test_a_line_break_counts_once() -> None:
    """As the browser counts it, which lets someone type that much."""
    form = Typed({"words": "a\r\nb\r\nc"})

    assert form.is_valid(), form.errors
    assert form.cleaned_data["words"] == "a\nb\nc"
