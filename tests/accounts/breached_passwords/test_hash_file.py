"""Tests of the file of password hashes: what it finds, and that a reader never sees half of one."""

import hashlib
import re
import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accounts.breached_passwords import hash_file
from accounts.breached_passwords.hash_file import HashFile

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def sha1(text: str) -> bytes:
    return hashlib.sha1(text.encode(), usedforsecurity=False).digest()


def written(path: Path, hashes: Iterable[bytes]) -> HashFile:
    hash_file.write(path, sorted(hashes), source_date=AT)
    return HashFile(path)


@pytest.mark.parametrize("n", [1, 2, 3, 1_000, 20_000])
def test_finds_every_hash_and_no_other(tmp_path: Path, n: int) -> None:
    file = written(tmp_path / "list", (sha1(f"in {i}") for i in range(n)))

    assert all(file.contains(sha1(f"in {i}")) for i in range(n))
    assert not any(file.contains(sha1(f"out {i}")) for i in range(2_000))
    assert (len(file), file.source_date) == (n, AT)


def test_finds_hashes_that_are_not_evenly_spread(tmp_path: Path) -> None:
    low = [n.to_bytes(8) for n in range(3_000)]
    file = written(tmp_path / "list", [*low, b"\xff" * 8])

    assert all(file.contains(each) for each in (*low, b"\xff" * 20))
    assert not file.contains(b"\x80" * 8)


def test_writes_equal_hashes_once(tmp_path: Path) -> None:
    assert len(written(tmp_path / "list", [sha1("one"), sha1("one"), sha1("two")])) == 2


def test_keeps_the_former_file_if_the_source_fails(tmp_path: Path) -> None:
    path = tmp_path / "list"
    written(path, [sha1("former")])

    with pytest.raises(ValueError, match="ascending"):
        hash_file.write(path, [b"\x02" * 8, b"\x01" * 8], source_date=AT)

    assert HashFile(path).contains(sha1("former"))
    assert list(tmp_path.iterdir()) == [path]


def test_an_open_file_stays_readable_while_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "list"
    before = written(path, [sha1("old")])

    after = written(path, [sha1("new")])

    assert (before.contains(sha1("old")), after.contains(sha1("old"))) == (True, False)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        hash_file.MAGIC,
        struct.pack(">8sQ", hash_file.MAGIC, 0),
        struct.pack(">8sQ", hash_file.MAGIC, 0) + b"1234567",
        b"21BD1:3" * 30,
    ],
    ids=["empty", "only the magic", "no hash", "half a hash", "a text"],
)
def test_refuses_what_is_not_a_complete_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=re.escape(str(path))):
        HashFile(path)
