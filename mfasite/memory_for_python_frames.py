"""Room for the frames of deep calls, so that Python doesn't ask the system for memory again and again."""

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class CallWrapper(Protocol):
    """A function that calls another one with its arguments."""

    def __call__(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


def caller(*, slots: int) -> CallWrapper:
    """Return a function that calls another one, and keeps the frames of that call in one piece of memory.

    Python keeps frames in chunks of 16 KiB. A call that doesn't fit into one gets another from the system, and gives it
    back when it returns. A loop at that place, such as over the nodes of a template, does so each time. A frame that
    claims many slots gets a chunk of its size, rounded up to a power of two, and the calls below it use the rest of
    that chunk. Only what is used takes memory.
    Units: `slots` of 8 bytes. Source: CPython, Python/pystate.c, `push_chunk`.
    """

    def roomy(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=slots)
    return roomy


roomy = caller(slots=17_000)  # a chunk of 256 KiB, of which 120 KiB are left for a request
