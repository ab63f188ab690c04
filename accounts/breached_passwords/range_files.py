"""Reads the range files of Have I Been Pwned, as its downloaders store them.

Source: https://haveibeenpwned.com/API/v3#PwnedPasswords. A range file is named after the first five hex digits of its
hashes, such as `21BD1`, `21BD1.txt` or `21bd1.gz`. Each line is the other 35 digits, a colon and a count. An
organisation's own list is a text file with one password a line.
"""

import gzip
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

N_RANGES = 16**5
_NAME = re.compile(r"([0-9A-Fa-f]{5})(\.txt|\.gz)?")
_LINE = re.compile(rb"([0-9A-Fa-f]{35}):(\d+)")


class WrongFile(ValueError):
    """A file does not contain what its name says. The message names the file and the line."""


def find(folder: Path) -> dict[str, Path]:
    """Return the range files below a folder by their five hex digits, in order.

    Errors: `WrongFile` if two files have the same range.
    """
    found: dict[str, Path] = {}
    for path in folder.rglob("*"):
        match = _NAME.fullmatch(path.name)
        if match and path.is_file():
            prefix = match[1].upper()
            if prefix in found:
                raise WrongFile(f"{found[prefix]} and {path} are the same range. Keep one of them.")
            found[prefix] = path
    return dict(sorted(found.items()))


def newest(paths: Iterator[Path]) -> datetime:
    """Return when the newest of some files was written."""
    return datetime.fromtimestamp(max(path.stat().st_mtime for path in paths), UTC)


def hashes(files: dict[str, Path], *, min_count: int) -> Iterator[bytes]:
    """Return the hashes that were seen at least so often, ascending. Shape: 20 bytes each.

    Errors: `WrongFile` if a line is not a hash and a count.
    """
    for prefix, path in files.items():
        yield from sorted(_of_range(prefix, path, min_count))


def _of_range(prefix: str, path: Path, min_count: int) -> Iterator[bytes]:
    for number, line in enumerate(_content(path).splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise WrongFile(f"{path}, line {number}, is not a hash and a count. Download this file again.")
        if int(match[2]) >= max(min_count, 1):  # a count of 0 is padding that the server adds
            yield bytes.fromhex(prefix + match[1].decode())


def _content(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise WrongFile(f"{path} is damaged: {error}. Download this file again.") from None


def of_passwords(path: Path) -> list[bytes]:
    """Return the hashes of a list with one password a line, ascending.

    Errors: `WrongFile` if the file is not UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise WrongFile(f"{path} is not a text file in UTF-8.") from None
    words = {unicodedata.normalize("NFKC", line) for line in lines if line}
    return sorted(hashlib.sha1(word.encode(), usedforsecurity=False).digest() for word in words)
