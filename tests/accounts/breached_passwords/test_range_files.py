"""Tests of the range files: the layouts of both downloaders, what is left out, and what is refused."""

import gzip
import hashlib
from pathlib import Path

import pytest

from accounts.breached_passwords import range_files


def sha1(text: str) -> bytes:
    return hashlib.sha1(text.encode(), usedforsecurity=False).digest()


def line(password: str, count: int) -> tuple[str, str]:
    digits = sha1(password).hex().upper()
    return digits[:5], f"{digits[5:]}:{count}"


def store(folder: Path, *seen: tuple[str, int], suffix: str = "", nested: bool = False) -> None:
    for password, count in seen:
        prefix, text = line(password, count)
        into = folder / "sha1" / prefix[:2].lower() if nested else folder
        into.mkdir(parents=True, exist_ok=True)
        content = f"{text}\r\n".encode()
        path = into / f"{prefix.lower() if nested else prefix}{suffix}"
        path.write_bytes(gzip.compress(content) if suffix == ".gz" else content)


@pytest.mark.parametrize(("suffix", "nested"), [("", False), (".txt", False), (".gz", True)])
def test_reads_the_layouts_of_the_downloaders_in_order(tmp_path: Path, suffix: str, nested: bool) -> None:
    seen = [(f"password {n}", n) for n in range(1, 40)]
    store(tmp_path, *seen, suffix=suffix, nested=nested)
    (tmp_path / "README.md").write_text("not a range file")

    found = list(range_files.hashes(range_files.find(tmp_path), min_count=1))

    assert found == sorted(sha1(password) for password, _count in seen)


def test_leaves_out_padding_and_what_was_seen_too_seldom(tmp_path: Path) -> None:
    store(tmp_path, ("padding", 0), ("seldom", 9), ("often", 10))

    files = range_files.find(tmp_path)

    assert list(range_files.hashes(files, min_count=10)) == [sha1("often")]
    assert len(list(range_files.hashes(files, min_count=1))) == 2


def test_names_the_file_and_line_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "00000.txt").write_text("<html>Too many requests</html>\n")

    with pytest.raises(range_files.WrongFile, match=r"00000\.txt, line 1,"):
        list(range_files.hashes(range_files.find(tmp_path), min_count=1))


def test_names_a_damaged_archive(tmp_path: Path) -> None:
    (tmp_path / "00000.gz").write_bytes(gzip.compress(b"0" * 35 + b":1")[:-4])

    with pytest.raises(range_files.WrongFile, match=r"00000\.gz "):
        list(range_files.hashes(range_files.find(tmp_path), min_count=1))


def test_refuses_two_files_of_one_range(tmp_path: Path) -> None:
    for name in ("00000", "00000.txt"):
        (tmp_path / name).write_text("")

    with pytest.raises(range_files.WrongFile, match="same range"):
        range_files.find(tmp_path)


def test_reads_a_list_of_passwords(tmp_path: Path) -> None:
    path = tmp_path / "ours.txt"
    path.write_text("Institute-2026\nKaﬃrin\n\n", encoding="utf-8")

    assert range_files.of_passwords(path) == sorted([sha1("Institute-2026"), sha1("Kaffirin")])


def test_refuses_a_list_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "ours.txt"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(range_files.WrongFile, match="UTF-8"):
        range_files.of_passwords(path)
