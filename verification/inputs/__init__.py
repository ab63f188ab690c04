"""Readers of text, numbers and JSON from outside, who may be careless or hostile."""

from verification.inputs import digits, typed_codes
from verification.inputs.fields import LineField, WordsField
from verification.inputs.readers import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_MARKS,
    MAX_NUMBER,
    Flaw,
    address,
    day,
    flaw,
    is_cut,
    line,
    number,
    numbers,
    one_line,
    parse_json,
    shortened,
    text,
)

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_MARKS",
    "MAX_NUMBER",
    "Flaw",
    "LineField",
    "WordsField",
    "address",
    "day",
    "digits",
    "flaw",
    "is_cut",
    "line",
    "number",
    "numbers",
    "one_line",
    "parse_json",
    "shortened",
    "text",
    "typed_codes",
]
