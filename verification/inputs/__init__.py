"""Readers of text, numbers and JSON from outside, who may be careless or hostile."""

from verification.inputs import digits, typed_codes
from verification.inputs.fields import LineField, WordsField
from verification.inputs.ip_addresses import address
from verification.inputs.json_from_outside import MAX_DEPTH, parse_json
from verification.inputs.numbers_and_dates import FIRST_YEAR, LAST_YEAR, MAX_NUMBER, day, number, numbers
from verification.inputs.storable_text import (
    MAX_LENGTH,
    MAX_MARKS,
    Flaw,
    flaw,
    is_cut,
    line,
    one_line,
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
