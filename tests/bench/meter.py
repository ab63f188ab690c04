"""Reads what processes have used, and condenses series of measurements."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

_PROC = Path("/proc")


def family(pid: int) -> tuple[int, ...]:
    """Give a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        left += parents.get(found[-1], [])
    return tuple(found)


def cpu(pids: Iterable[int]) -> float:
    """Give the processor time that processes have used so far, kernel's share included.

    Units: milliseconds. Source: proc(5), `task/<tid>/schedstat` in nanoseconds; without it `stat` in clock ticks.
    """
    return sum(_threads(pid) for pid in pids)


def _threads(pid: int) -> float:
    try:
        files = list((_PROC / str(pid) / "task").glob("*/schedstat"))
        return sum(int(file.read_text().split()[0]) for file in files) / 1e6 if files else _ticks(pid)
    except OSError:
        return 0.0


def _ticks(pid: int) -> float:
    fields = _stat(pid)
    return sum(int(field) for field in fields[11:13]) * 1000 / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Read the fields after the program's name, which may hold spaces: state, parent ..."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def memory(pids: Iterable[int]) -> float:
    """Give the memory that processes hold, each shared page counted once. Units: MiB. Source: proc(5), smaps_rollup."""
    total = 0
    for pid in pids:
        try:
            lines = (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def share(values: Sequence[float], part: float) -> float:
    """Give the value below which a part of the values lies, by nearest rank; no values give nought."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def middle(values: Sequence[float]) -> float:
    """Give the median."""
    return share(values, 0.5)
