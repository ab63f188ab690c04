"""Room for the frames of deep calls, so that Python doesn't ask the system for memory again and again."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SLOTS = 17_000  # of 8 bytes: with them a chunk has 256 KiB, of which 120 KiB are left for the frames of calls below


def roomy(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call something whose frames lie in one piece of memory.

    Python keeps frames in chunks of 16 KiB. A call that doesn't fit into one gets another from the system, and gives it
    back when it returns: a loop there, such as over the nodes of a template, does so each time. That took a fifth of
    a page's processor time. A frame that claims many slots, as this one does, gets a chunk of its size, and the calls
    below it get the rest of that. Only what is used takes memory.
    Source: CPython, Python/pystate.c, `push_chunk`.
    """
    return call(*args, **kwargs)


roomy.__code__ = roomy.__code__.replace(co_stacksize=_SLOTS)
