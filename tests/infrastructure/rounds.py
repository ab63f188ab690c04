"""How often tests of races, storms and odd inputs repeat: a few times, or all with TEST_ROUNDS=all.

A race needs as many rounds as its missing guard needs to show. To know how many, take the guard out by hand, run forty
rounds on PostgreSQL, and give `race_rounds` the number of those that showed it. A race whose guard can't be taken out
alone, because another stands behind it, has a number of its own.
"""

import math
import os
from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value")

ALL = os.environ.get("TEST_ROUNDS") == "all"


def rounds(few: int, many: int) -> int:
    """Return a number of rounds. `few` must be enough to show a fault that always occurs."""
    return many if ALL else few


HIDDEN = 1e-4  # how often all rounds of a race may miss a missing guard
_Z = 1.645  # so that 19 of 20 measurements are from a race that shows its guard at least as often as we believe


def race_rounds(few: int, *, shown: int, of: int) -> int:
    """Return a number of rounds for a race. Without its guard, `shown` rounds of a measurement of `of` rounds failed.

    **Source**: the lower end of the interval of Wilson (1927) for the share of rounds that fail.
    """
    share, z2 = shown / of, _Z**2 / of
    at_least = (share + z2 / 2 - math.sqrt(z2 * (share * (1 - share) + z2 / 4))) / (1 + z2)
    return rounds(few, max(few, math.ceil(math.log(HIDDEN) / math.log(1 - at_least))))


def some(values: Sequence[Value], step: int, *, turn: int = 0) -> Sequence[Value]:
    """Return every `step`-th value, or all. With a different `turn` for each use, every value is used somewhere."""
    return values if ALL else values[turn % step :: step]
