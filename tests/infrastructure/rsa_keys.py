"""RSA keys that tests use again: making one takes as long as ten requests."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from verification import jwt_signing_keys


class RepeatedKeys:
    """Gives each test the same keys in the same order: the first that it makes, the second, and so on."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._kept: list[Any] = []
        self.begin()

    def begin(self, n_made: int = 0) -> None:
        """Start with the first key again, or with the one after those that the test has."""
        self._places = itertools.count(n_made)

    def __call__(self) -> Any:
        place = next(self._places)  # threads that ask at the same time get different ones
        while len(self._kept) <= place:
            self._kept.append(self._make())
        return self._kept[place]


KEYS = RepeatedKeys(jwt_signing_keys._rsa)


def keep(patch: pytest.MonkeyPatch) -> None:
    """Use kept keys wherever the service makes one."""
    patch.setitem(jwt_signing_keys._MAKERS, "RS256", KEYS)
