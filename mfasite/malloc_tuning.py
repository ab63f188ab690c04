"""Keeps the heap of a process with many threads small, by glibc's own switches; elsewhere nothing changes.

A check of a password fills 19 MiB for some milliseconds. By default each thread's arena keeps them for ever. As
mappings of their own they go back to the machine at once, which costs the check less than it saves.
"""

import ctypes

# Source: malloc.h of glibc, and mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_MIB = 1024 * 1024


def bound() -> None:
    """Let blocks of a MiB and more be mappings of their own, and all threads share two arenas.

    What is free at the end of the heap stays up to four MiB, or each larger request would fetch its pages anew.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _MIB)
        mallopt(_TRIM_THRESHOLD, 4 * _MIB)
        mallopt(_ARENA_MAX, 2)
