"""Reads what the carrier got for people's telephones: one look at a time, however many browsers wait for their text."""

import threading
import time
from collections.abc import Collection

from tests.bench.carrier import CarrierClient

_PAUSE = 0.02  # seconds between two looks


class Telephones:
    """All telephones. Each browser waits in a thread of its own; one of them looks, for everybody.

    If each looked, sixty-four browsers would keep the driver and the carrier busy with their looking, more the longer
    they wait. A look brings only what was answered since the last one, and nobody wakes before there is news.
    """

    def __init__(self, line: CarrierClient) -> None:
        self._line = line
        self._seen = 0  # answers
        self._texts: dict[str, str] = {}
        self._news = threading.Condition()
        self._is_looking = False

    def forget(self) -> None:
        """Leave out what came until now."""
        with self._news:
            self._seen += len(self._line.answered(self._seen))
            self._texts.clear()

    def wait(self, numbers: Collection[str], *, patience: float) -> list[str]:
        """Wait until the carrier has answered for a text to each number, and give the texts. Units: seconds.

        Errors: `TimeoutError`.
        """
        deadline = time.monotonic() + patience
        while True:
            with self._news:
                if all(number in self._texts for number in numbers):
                    return [self._texts[number] for number in numbers]
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not all texts came within {patience:.0f} s")
                if self._is_looking:
                    self._news.wait(1)
                    continue
                self._is_looking = True
            self._look(deadline)

    def _look(self, deadline: float) -> None:
        found: list[dict[str, str]] = []
        try:
            while not (found := self._line.answered(self._seen)) and time.monotonic() < deadline:
                time.sleep(_PAUSE)
        finally:
            with self._news:
                self._seen += len(found)
                self._texts.update({text["to"]: text["text"] for text in found})
                self._is_looking = False
                self._news.notify_all()
