"""How often tests of races, storms and odd inputs repeat: a few times, or all with TEST_ROUNDS=all."""

import os
from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value")

ALL = os.environ.get("TEST_ROUNDS") == "all"


def rounds(few: int, many: int) -> int:
    """Return a number of rounds. `few` must be enough to show a fault that always occurs."""
    return many if ALL else few


def some(values: Sequence[Value], step: int, *, turn: int = 0) -> Sequence[Value]:
    """Return every `step`-th value, or all. With a different `turn` for each use, every value is used somewhere."""
    return values if ALL else values[turn % step :: step]
