"""What a demo checks before anything is installed or started: its port and its folder. Needs nothing but Python.

    python3 mfasite/demo/port_and_folder_checks.py PORT FOLDER

prints what is wrong and how to solve it, and ends with status 1. `make demo` runs this first.
"""

import errno
import fcntl
import json
import socket
import sys
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
LOCK = "lock"  # the file that a running demo keeps locked, with its address


def problem(port: int, home: Path) -> str:
    """Return why a demo can't start, and what to do about it; empty if it can."""
    return _running(home) or unusable(port)


def running(told: str, home: Path) -> str:
    """Return the sentence about a demo that is running already. Shape: `told` is the text of its lock file."""
    try:
        found = json.loads(told)
        where = f"at {found['url']}/ (process {found['pid']})"
    except (ValueError, KeyError, TypeError):
        where = f"in {home}"
    return (
        f"The demo is already running {where}. End it with Ctrl-C there, or choose another folder and another port: "
        "make demo DEMO_DIR=... PORT=..."
    )


def _running(home: Path) -> str:
    with suppress(OSError), (home / LOCK).open("r+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return running(lock.read(), home)
    return ""


def unusable(port: int) -> str:
    """Return why a demo can't use a port, and which one it could; empty if it can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            return f"There is no port {port}. Choose one between 1024 and 65535: make demo PORT=..."
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken by another program" if taken else f"can't be used: {error.strerror}"
            return f"Port {port} {why}. Choose another one: make demo PORT={_free(port + 2)}"
    return ""


def free_port(wanted: int) -> int:
    """Return this port if it is free, else any other."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    return wanted


def _free(start: int) -> int:
    """Return the first port from here with a free one after it."""
    for port in range(start, start + 50):
        if free_port(port) == port and free_port(port + 1) == port + 1:
            return port
    return start


def main(arguments: list[str]) -> str:
    """Return what is wrong with the port and the folder given on the command line."""
    port, home = arguments
    if not port.isdecimal():
        return f"“{port}” isn't a port number. Choose one between 1024 and 65535: make demo PORT=8000"
    return problem(int(port), Path(home))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)  # an empty text would count as an error
