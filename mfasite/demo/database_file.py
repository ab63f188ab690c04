"""The demo's database file. It is replaced if migrations that created it have changed since, as before a release.

The digests of its migrations are kept in a file beside it. Migrations added later do not matter: they can be applied.
"""

import hashlib
import json
from pathlib import Path

from django.conf import settings

_APPS = ("accounts", "helpcenter", "verification")
_PARTS = ("", "-wal", "-shm")  # SQLite's companion files


def file(home: Path) -> Path:
    """Return the path of a demo's database file."""
    return home / "db.sqlite3"


def make_room(home: Path) -> Path | None:
    """Move a database aside if its migrations have changed. Return its new path, or None if it can stay."""
    shipped, old = _shipped(), None
    if file(home).exists() and not _fits(home, shipped):
        old = home / "db.sqlite3.old"
        for part in _PARTS:
            old.with_name(old.name + part).unlink(missing_ok=True)
        for part in _PARTS:
            beside = home / (file(home).name + part)
            if beside.exists():
                beside.rename(old.with_name(old.name + part))
        (home / "recovery-codes").unlink(missing_ok=True)  # they belong to users who are gone
    _memory(home).write_text(json.dumps(shipped, indent=1), encoding="utf-8")
    return old


def _memory(home: Path) -> Path:
    return home / "migrations.json"


def _fits(home: Path, shipped: dict[str, str]) -> bool:
    try:
        made_with = json.loads(_memory(home).read_text(encoding="utf-8"))
        return all(shipped.get(name) == digest for name, digest in made_with.items())
    except (OSError, ValueError, AttributeError):
        return False  # created before digests were kept, or half written


def _shipped() -> dict[str, str]:
    paths = [path for app in _APPS for path in (settings.BASE_DIR / app).rglob("migrations/[0-9]*.py")]
    return {f"{path.parents[1].name}.{path.stem}": hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
