"""Reader of JSON from outside: how deep it may nest, how large its numbers may be. None for what can't be stored."""

import json
import math
from typing import Any

from verification.inputs.numbers_and_dates import MAX_NUMBER
from verification.inputs.storable_text import flaw

MAX_DEPTH = 32  # of nested JSON


def parse_json(value: str | bytes, *, checks_text: bool = True) -> Any:
    """Read JSON of which every text and number can be stored. None if there is none, or it says null.

    No NaN, no infinity, no number beyond 64 bits, no name twice, no deep nesting. Who doesn't have its texts checked
    reads each by `text` or `shortened`.
    """
    try:
        found = json.loads(
            value,
            parse_int=_whole,
            parse_float=_finite,
            parse_constant=_no_constant,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError):
        return None
    return found if _is_sound(found, MAX_DEPTH, checks_text) else None


def _whole(digits: str) -> int:
    found = int(digits[:25])
    if abs(found) > MAX_NUMBER:
        raise ValueError("beyond 64 bits")
    return found


def _finite(digits: str) -> float:
    found = float(digits)
    if not math.isfinite(found):
        raise ValueError("beyond a float")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


def _is_sound(value: Any, depth: int, checks_text: bool) -> bool:
    if isinstance(value, str):
        return not checks_text or flaw(value) is None
    if not isinstance(value, dict | list):
        return True
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return depth > 0 and all(_is_sound(part, depth - 1, checks_text) for part in parts)
