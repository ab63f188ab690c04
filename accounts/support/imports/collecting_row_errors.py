"""Collects all errors of a row, so that staff can correct them at once."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def collect_error(errors: list[str], read: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Call a function of a row and return its result. If it raises `ValueError`, add the text to the row's errors."""
    try:
        return read(*args, **kwargs)
    except ValueError as error:
        errors.append(str(error))
        return None
