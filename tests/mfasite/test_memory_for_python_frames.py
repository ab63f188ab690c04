"""Tests of the room for the frames of deep calls. They count page faults, which show what Python asks for."""

import mmap
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from wsgiref.util import setup_testing_defaults

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from mfasite import memory_for_python_frames
from mfasite.middleware.input_screening import ScreeningHandler
from mfasite.urls import handler400

__all__ = ["handler400"]

_LOOPS = 200
_DEPTHS = range(0, 200, 10)  # frames of more than one chunk of 16 KiB, so one of them ends where a chunk does


def _are_counted() -> bool:
    """Return whether this system counts the page faults of a thread. macOS doesn't, and some sandboxes always say 0."""
    if not hasattr(resource, "RUSAGE_THREAD"):
        return False
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    with mmap.mmap(-1, 64 * mmap.PAGESIZE) as fresh:
        fresh.write(b"x" * len(fresh))
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt > before


counted = pytest.mark.skipif(not _are_counted(), reason="this system counts no page faults")


def _loop() -> None:
    for _ in range(_LOOPS):
        _under(20, lambda: None)


def _under(depth: int, call: Callable[[], None]) -> None:
    if depth:
        _under(depth - 1, call)
    else:
        call()


def _faults(depth: int) -> int:
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    _under(depth, _loop)
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def _most() -> int:
    """Return the most pages of memory that the loop asked for at any depth."""
    return max(_faults(depth) for depth in _DEPTHS)


def _in_a_thread(call: Callable[[], int]) -> int:
    """Call it as a web server does: in a thread, which has no frames yet."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@login_not_required
def told(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(_most())


urlpatterns = [path("healthz", told)]


@counted
def test_spares_a_loop_the_memory_that_it_would_ask_for_each_time() -> None:
    assert _in_a_thread(_most) >= _LOOPS
    assert _in_a_thread(partial(memory_for_python_frames.roomy, _most)) < _LOOPS / 2


def test_returns_what_the_call_returns() -> None:
    assert memory_for_python_frames.roomy(divmod, 7, 2) == (3, 1)


@counted
@pytest.mark.urls(__name__)
def test_every_request_has_that_room() -> None:
    environ: dict[str, object] = {"PATH_INFO": "/healthz"}
    setup_testing_defaults(environ)

    found = _in_a_thread(lambda: int(b"".join(ScreeningHandler()(environ, lambda *_: None))))

    assert found < _LOOPS / 2
