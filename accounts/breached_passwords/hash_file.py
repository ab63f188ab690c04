"""A file of sorted password hashes, read through a memory map: a lookup reads a few pages of the file.

Shape: 16 bytes of header (`MAGIC`, then the date of the source in seconds since 1970), then the first eight bytes of
each SHA-1 hash, ascending, without separators. Two hashes share them with a probability of 1 in 10^10 for a list of
a thousand million.
"""

import mmap
import os
import struct
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

MAGIC = b"PWSHA1\x00\x01"
WIDTH = 8  # bytes kept of each hash
_HEADER = struct.Struct(">8sQ")


class HashFile:
    """An open file of hashes.

    Errors: `ValueError` if the file is not one or is incomplete; `OSError` if it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            head = file.read(_HEADER.size)
            size = os.fstat(file.fileno()).st_size - _HEADER.size
            if len(head) < _HEADER.size or not head.startswith(MAGIC) or size % WIDTH or size <= 0:
                raise ValueError(f"{path} is not a complete file of password hashes.")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.source_date = datetime.fromtimestamp(_HEADER.unpack(head)[1], UTC)
        self._n = size // WIDTH

    def __len__(self) -> int:
        return self._n

    def contains(self, digest: bytes) -> bool:
        """Return whether a SHA-1 hash is in the file. Its start says about where: hashes are evenly spread."""
        wanted = int.from_bytes(digest[:WIDTH])
        low, high = 0, self._n - 1
        guess = wanted * self._n >> 8 * WIDTH
        step = max(16, int(4 * self._n**0.5))
        if guess - step > low and self._at(guess - step) <= wanted:
            low = guess - step
        if guess + step < high and self._at(guess + step) >= wanted:
            high = guess + step
        while low <= high:
            middle = (low + high) // 2
            here = self._at(middle)
            if here == wanted:
                return True
            low, high = (middle + 1, high) if here < wanted else (low, middle - 1)
        return False

    def _at(self, index: int) -> int:
        start = _HEADER.size + index * WIDTH
        return int.from_bytes(self._map[start : start + WIDTH])


def write(path: Path, hashes: Iterable[bytes], *, source_date: datetime) -> int:
    """Write a file of hashes and put it in place at once, so that a running service never reads half of one.

    Shape: `hashes` of at least eight bytes, ascending; equal ones are written once. Returns how many were written.
    Errors: `ValueError` if they are not ascending; the former file then stays.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_HEADER.pack(MAGIC, int(source_date.timestamp())))
            n, last = 0, b""
            for digest in hashes:
                kept = digest[:WIDTH]
                if kept < last:
                    raise ValueError("The hashes are not in ascending order.")
                if kept != last:
                    file.write(kept)
                    n, last = n + 1, kept
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)  # the service reads it as another user; it contains no secret
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return n
