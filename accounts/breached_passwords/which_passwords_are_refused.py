"""Decides which passwords are refused: common ones, with the variants that people make of them, and breached ones."""

import hashlib
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from accounts import conf
from accounts.breached_passwords.hash_file import HashFile

_COMMON = Path(__file__).with_name("common.sha1")
_MAX_ADDED = 4  # characters that people add to a common password to satisfy a form


class PasswordList(StrEnum):
    """The list that contains a password."""

    COMMON = "common"
    BREACHED = "breached"


def found_in(password: str) -> PasswordList | None:
    """Return the list that contains a password, or None. Takes microseconds, and nothing leaves this machine.

    A common password also counts in capitals, and with up to four digits or symbols after it. A breached one counts
    only as it is: what its owner changed is another password.
    Source: NIST SP 800-63B-4, 3.1.1.2 (compare with known passwords; no rules of composition).
    """
    text = unicodedata.normalize("NFKC", password)
    if any(_opened(_COMMON).contains(_sha1(each)) for each in _plain(text.lower())):
        return PasswordList.COMMON
    path = conf.breached_passwords_file()
    breached = _current(Path(path)) if path else None
    is_known = breached is not None and any(breached.contains(_sha1(each)) for each in {password, text})
    return PasswordList.BREACHED if is_known else None


def _plain(text: str) -> Iterator[str]:
    yield text
    for n in range(1, _MAX_ADDED + 1):
        if len(text) <= n or text[-n].isalpha():
            return
        yield text[:-n]


def _sha1(text: str) -> bytes:
    return hashlib.sha1(text.encode(errors="surrogatepass"), usedforsecurity=False).digest()


def _current(path: Path) -> HashFile | None:
    """Return the operator's file as it is now, or None: a fault, which a system check names, must block nobody."""
    try:
        is_now = path.stat()
        return _opened(path, is_now.st_ino, is_now.st_mtime_ns)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=2)
def _opened(path: Path, *_version: int) -> HashFile:
    return HashFile(path)
