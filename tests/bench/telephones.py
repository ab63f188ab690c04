"""Reads what the carrier got for people's telephones: one look at a time, however many browsers wait for their text."""

import threading
import time
from collections.abc import Collection

from tests.bench.carrier import Line

_PAUSE = 0.02  # seconds between two looks


class Telephones:
    """All telephones. Each browser waits in a thread of its own; one of them looks, for everybody.

    If each looked, sixty-four browsers would keep the driver and the carrier busy with their looking, more the longer
    they wait.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._seen = 0  # texts that need no second look
        self._texts: dict[str, str] = {}
        self._news = threading.Condition()
        self._is_looking = False

    def forget(self) -> None:
        """Leave out what came until now."""
        with self._news:
            self._seen += len(self._line.texts(self._seen))
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
            self._look()

    def _look(self) -> None:
        try:
            found = self._line.texts(self._seen)
            if not any(text["is_answered"] for text in found):
                time.sleep(_PAUSE)
        except BaseException:
            with self._news:
                self._is_looking = False
            raise
        with self._news:
            self._texts.update({text["to"]: text["text"] for text in found if text["is_answered"]})
            waiting = (place for place, text in enumerate(found) if not text["is_answered"])
            self._seen += next(waiting, len(found))
            self._is_looking = False
            self._news.notify_all()
