"""Reads what processes and PostgreSQL have used, and condenses series of measurements."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

_PROC = Path("/proc")
_CONTROL = re.compile(r"\s*(BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|END)\b", re.IGNORECASE)
_FOREIGN_KEY = re.compile(r"\s*SELECT \$?\d+ FROM ONLY .* FOR KEY SHARE", re.DOTALL)
# All tables and indexes but PostgreSQL's own and those of kinds that `pgstattuple` can't read.
_CONTENT = """
    WITH ours AS MATERIALIZED (
        SELECT pg_class.oid FROM pg_class JOIN pg_am ON pg_am.oid = relam
        WHERE amname IN ('heap', 'btree') AND relkind IN ('r', 't', 'i') AND pg_class.oid >= 16384)
    SELECT sum(found.tuple_len + 4 * found.tuple_count) FROM ours, pgstattuple(ours.oid) AS found"""


@dataclass(frozen=True)
class Usage:
    """What was used between two readings, or until one.

    Units: `cpu` milliseconds by part; `wal` bytes; `size` bytes of `Meter.content`, which a reading is without;
    `fsyncs` of the write-ahead log.
    `checks` are the queries by which PostgreSQL checks foreign keys, `control` BEGIN, COMMIT, SAVEPOINT and the like.
    """

    cpu: Mapping[str, float] = field(default_factory=dict)
    statements: float = 0
    control: float = 0
    checks: float = 0
    fsyncs: float = 0
    wal: float = 0
    size: float = 0

    def __sub__(self, before: "Usage") -> "Usage":
        return self._with(before, lambda now, then: now - then)

    def __truediv__(self, n: int) -> "Usage":
        return self._with(self, lambda now, _: now / n)

    def _with(self, other: "Usage", how: Callable[[float, float], float]) -> "Usage":
        numbers = ("statements", "control", "checks", "fsyncs", "wal", "size")
        cpu = {part: how(value, other.cpu.get(part, 0.0)) for part, value in self.cpu.items()}
        return Usage(cpu, **{name: how(getattr(self, name), getattr(other, name)) for name in numbers})

    @property
    def all_cpu(self) -> float:
        """The milliseconds of all parts together."""
        return sum(self.cpu.values())


class Meter:
    """Reads everything that one site has used: its processes and what its database counts.

    `parts` names the processes to count, each given by the first of its family. The meter asks PostgreSQL over a
    database of its own, so that it does not count itself.
    """

    def __init__(self, server: str, database: str, parts: Mapping[str, Callable[[], Iterable[int]]]) -> None:
        self._connection = psycopg.connect(server, autocommit=True)
        self._server, self._database = server, database
        self._parts = parts

    def read(self) -> Usage:
        """Read all counters. Backends deliver their count of fsyncs up to ten seconds late."""
        n = self._statements()
        return Usage(
            cpu={name: sum(family_cpu(pid) for pid in pids()) for name, pids in self._parts.items()},
            statements=n["statement"],
            control=n["control"],
            checks=n["check"],
            fsyncs=self._one("SELECT wal_sync FROM pg_stat_wal"),
            wal=self._one("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"),
        )

    def settle(self) -> None:
        """Have PostgreSQL do now what it left for later: entries that wait for their index, statistics."""
        with self._inside() as there:
            there.execute("VACUUM ANALYZE")

    def content(self) -> float:
        """Sum up living rows and entries of indexes, with their pointers. Call it after `settle`. Units: bytes.

        The size of the files would be no measure. It changes by pages of 8 KiB, for a few hundred sign-ins mostly by
        how much room former ones left in them; and PostgreSQL deletes a cache of 160 KiB there, `pg_internal.init`,
        after a vacuum of its catalog, and writes it again when the next process connects.
        """
        with self._inside() as there:
            there.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
            row = there.execute(_CONTENT).fetchone()
        assert row is not None
        return float(row[0])

    def _inside(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._server.rpartition("/")[0] + f"/{self._database}", autocommit=True)

    def close(self) -> None:
        self._connection.close()

    def _statements(self) -> Counter[str]:
        rows = self._connection.execute(
            "SELECT query, toplevel, calls FROM pg_stat_statements(true)"
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s)",
            [self._database],
        )
        found = Counter[str]()
        for query, is_toplevel, calls in rows:
            found[_kind(query, is_toplevel=is_toplevel)] += calls
        return found

    def _one(self, query: str, *values: object) -> float:
        row = self._connection.execute(query, values).fetchone()
        assert row is not None
        return float(row[0])


def _kind(query: str, *, is_toplevel: bool) -> str:
    if _CONTROL.match(query):
        return "control"
    if _FOREIGN_KEY.match(query):
        return "check"
    return "statement" if is_toplevel else "inner"


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


def family_cpu(pid: int) -> float:
    """Give the processor time of a process, its descendants, and those of them that have ended. Units: milliseconds."""
    pids = family(pid)
    return cpu(pids) + sum(_ticks(each, 13, 15) for each in pids)


def cpu(pids: Iterable[int]) -> float:
    """Give the processor time that processes have used so far, kernel's share included.

    Units: milliseconds. Source: proc(5), `task/<tid>/schedstat` in nanoseconds; without it `stat` in clock ticks.
    """
    return sum(_threads(pid) for pid in pids)


def _threads(pid: int) -> float:
    try:
        files = list((_PROC / str(pid) / "task").glob("*/schedstat"))
        return sum(int(file.read_text().split()[0]) for file in files) / 1e6 if files else _ticks(pid, 11, 13)
    except OSError:
        return 0.0


def _ticks(pid: int, first: int, last: int) -> float:
    fields = _stat(pid)
    return sum(int(each) for each in fields[first:last]) * 1000 / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """Read the fields after the program's name, which may hold spaces: state, parent ..."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


@dataclass(frozen=True)
class Memory:
    """What one process holds. Units: MiB. `rss` counts shared pages fully, `pss` each by its share."""

    rss: float
    pss: float


def memory(pid: int) -> Memory:
    """Read one process's memory. Source: proc(5), smaps_rollup."""
    found: dict[str, int] = {}
    with suppress(OSError):
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
            name, value, *_ = line.split()
            found[name] = int(value)
    return Memory(rss=found.get("Rss:", 0) / 1024, pss=found.get("Pss:", 0) / 1024)


def share(values: Sequence[float], part: float) -> float:
    """Give the value below which a part of the values lies, by nearest rank; no values give nought."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def middle(values: Sequence[float]) -> float:
    """Give the median."""
    return share(values, 0.5)


def shown(values: Mapping[str, Any]) -> str:
    """Show parts in one line."""
    return ", ".join(f"{name} {value:.1f}" for name, value in values.items())
