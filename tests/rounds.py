"""How often races, storms and odd inputs are repeated: a few times, or in full with TEST_ROUNDS=all."""

import os
from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value")

ALL = os.environ.get("TEST_ROUNDS") == "all"


def rounds(few: int, many: int) -> int:
    """Choose a number of rounds. `few` must be enough to show a fault that is there each time."""
    return many if ALL else few


def some(values: Sequence[Value], step: int, *, turn: int = 0) -> Sequence[Value]:
    """Choose every `step`-th value, or all. With another `turn` for each use, each value comes up somewhere."""
    return values if ALL else values[turn % step :: step]
