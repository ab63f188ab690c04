"""Looks passwords up in a generated file of 100 million breached ones: how long it takes, and in how much memory.

`make bench ARGS="--only breached"`: a minute, and 800 MB in the folder for temporary files. Nothing else is started.
"""

import os
import random
import secrets
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from accounts.breached_passwords import hash_file
from accounts.breached_passwords.hash_file import HashFile
from tests.bench import goals
from tests.bench.goals import Goal

_N_HASHES = 100_000_000
_CHUNK = 1_000_000  # hashes in memory at once
_LOOKUPS = 20_000
_COLD_LOOKUPS = 500  # lookups after each of which the system forgets the file


def report() -> None:
    """Make the file, measure, and print."""
    with tempfile.TemporaryDirectory(prefix="mfa-bench-") as folder:
        path = Path(folder) / "breached"
        begun = time.monotonic()
        known = _generate(path)
        took = time.monotonic() - begun
        sys.stdout.write(f"{_N_HASHES:,} hashes, {path.stat().st_size:,} bytes, made in {took:.0f} s\n")
        file = HashFile(path)
        others = [secrets.token_bytes(20) for _ in range(_LOOKUPS)]
        before = _memory()
        there, found = _took(known, file.contains)
        missing, wrong = _took(others, file.contains)
        after = _memory()
        assert found == len(known), f"{len(known) - found} hashes weren't found"
        assert wrong == 0, f"{wrong} hashes were found that aren't there"
        cold = [_cold(path, digest) for digest in others[:_COLD_LOOKUPS]]
    sys.stdout.write(
        f"milliseconds p50 / p99 / most: in the file {_spread(there)}; not in it {_spread(missing)}; file not"
        f" cached {_spread(cold)}\nMiB of the process, without pages of the file: {before:.1f}, then {after:.1f}\n\n"
    )
    measured = [
        Goal("a lookup among 100 million breached passwords, p99", _share(there + missing, 0.99), 1, "ms"),
        Goal("the same while the file isn't cached, p50", _share(cold, 0.5), 1, "ms"),
        Goal("memory that 40,000 lookups took", after - before, 1, "MiB"),
    ]
    sys.stdout.write(goals.goals([measured]) + "\n")


def _generate(path: Path) -> list[bytes]:
    """Write evenly spread hashes, and return some of them. Shape of each: 20 bytes, of which the file has eight."""
    lot, step = random.Random(7), 2**64 // _N_HASHES  # noqa: S311  (no secret)
    picked = sorted(lot.sample(range(_N_HASHES), _LOOKUPS))
    known: list[bytes] = []
    with path.open("wb") as file:
        file.write(hash_file.MAGIC + int(datetime.now(UTC).timestamp()).to_bytes(8))
        for first in range(0, _N_HASHES, _CHUNK):
            jitter = array("L")
            jitter.frombytes(lot.randbytes(jitter.itemsize * _CHUNK))
            hashes = array("Q", (first * step + n * step + more % step for n, more in enumerate(jitter)))
            while len(known) < _LOOKUPS and picked[len(known)] < first + _CHUNK:
                known.append(hashes[picked[len(known)] - first].to_bytes(8) + secrets.token_bytes(12))
            if sys.byteorder == "little":
                hashes.byteswap()
            hashes.tofile(file)
    lot.shuffle(known)
    return known


def _took(digests: Iterable[bytes], contains: Callable[[bytes], bool]) -> tuple[list[float], int]:
    """Look each up. Return how long each took, in milliseconds, and how many were found."""
    took, n = [], 0
    for digest in digests:
        begun = time.perf_counter()
        n += contains(digest)
        took.append((time.perf_counter() - begun) * 1000)
    return took, n


def _cold(path: Path, digest: bytes) -> float:
    """Look one up in a file that was just opened, and of which the system has nothing in memory. Units: ms."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    (took,), _n = _took([digest], HashFile(path).contains)
    return took


def _memory() -> float:
    """Return the memory that belongs to this process alone. Units: MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def _share(took: list[float], share: float) -> float:
    return sorted(took)[int(share * (len(took) - 1))]


def _spread(took: list[float]) -> str:
    return f"{_share(took, 0.5):.3f} / {_share(took, 0.99):.3f} / {max(took):.3f}"
