"""The cache in the process: how long it keeps, what it never keeps, and one load for many threads."""

import threading

import pytest

from verification.db import ttl_cache
from verification.db.ttl_cache import TTLCache


class MonotonicClock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        """Return the seconds."""
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MonotonicClock:
    """A clock in place of the process's own."""
    clock = MonotonicClock()
    monkeypatch.setattr(ttl_cache, "time", clock)
    return clock


def test_loads_again_when_a_value_is_too_old(clock: MonotonicClock) -> None:
    values = iter(["first", "second"])
    cache = TTLCache(lambda: next(values), seconds=lambda: 5)

    found = [cache.read()]
    clock.seconds += 4.9
    found.append(cache.read())
    clock.seconds += 0.2
    found.append(cache.read())

    assert found == ["first", "first", "second"]


def test_keeps_each_key_apart(clock: MonotonicClock) -> None:
    loaded: list[str] = []

    def load(key: str) -> str:
        loaded.append(key)
        return key.upper()

    cache = TTLCache(load, seconds=lambda: 5)

    assert [cache.read(key) for key in ("a", "b", "a")] == ["A", "B", "A"]
    assert loaded == ["a", "b"]


def test_never_keeps_that_nothing_was_found(clock: MonotonicClock) -> None:
    values = iter([None, "now"])
    cache = TTLCache(lambda: next(values), seconds=lambda: 5)

    assert [cache.read(), cache.read()] == [None, "now"]


def test_forgets_a_value_that_was_being_loaded(clock: MonotonicClock) -> None:
    values = iter(["old", "new"])

    def load() -> str:
        value = next(values)
        if value == "old":
            cache.forget()  # another thread changed the rows while this one read them
        return value

    cache = TTLCache(load, seconds=lambda: 5)

    assert [cache.read(), cache.read()] == ["old", "new"]


def test_loads_once_for_many_threads() -> None:
    started, go_on = threading.Event(), threading.Event()
    loads: list[int] = []

    def load() -> str:
        loads.append(1)
        started.set()
        assert go_on.wait(10)
        return "value"

    cache = TTLCache(load, seconds=lambda: 60)
    threads = [threading.Thread(target=cache.read) for _ in range(8)]
    threads[0].start()
    assert started.wait(10)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert len(loads) == 1
