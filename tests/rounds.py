"""How often races, storms and odd inputs are repeated: a few times, or as often as TEST_ROUNDS=all asks for."""

import os

ALL = os.environ.get("TEST_ROUNDS") == "all"


def rounds(few: int, many: int) -> int:
    """Choose a number of rounds. `few` must be enough to show a fault that is there each time."""
    return many if ALL else few
