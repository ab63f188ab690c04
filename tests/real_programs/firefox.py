"""Firefox for tests, driven over WebDriver BiDi by a small Node program: `tests/browser/firefox/remote.mjs`."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "browser" / "firefox"
FIREFOX = "/usr/bin/firefox-esr"


class FirefoxMissing(Exception):
    """Firefox, Node or its packages are not installed."""


class Firefox:
    """One window. A person finds a field by its label and a button by its name, and so do these."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _do(self, command: str, **given: object) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"command": command, **given}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer["result"]

    def resize(self, width: int, height: int) -> None:
        self._do("size", width=width, height=height)

    def go(self, path: str) -> None:
        self._do("go", path=path)

    def fill(self, label: str, value: str) -> None:
        self._do("fill", label=label, value=value)

    def press(self, name: str) -> None:
        """Press the button, or follow the link, of this name."""
        self._do("press", name=name)

    def at(self, path: str) -> None:
        """Wait until the page is at this path."""
        self._do("at", path=path)

    def see(self, text: str) -> None:
        """Wait until the page shows this text."""
        self._do("see", text=text)

    @property
    def text(self) -> str:
        return str(self._do("read")["text"])

    @property
    def heading(self) -> str:
        return str(self._do("read")["heading"])

    @property
    def overflow(self) -> int:
        """How many pixels the page is wider than the window."""
        return int(self._do("read")["overflow"])

    def complaints(self) -> list[str]:
        """Return the errors in the console since the last time."""
        return list(self._do("complaints"))


@contextmanager
def opened(site: str) -> Iterator[Firefox]:
    """Start Firefox for one site.

    Errors: Missing, with the command that installs what is not there.
    """
    node = shutil.which("node")
    if not node or not Path(FIREFOX).exists():
        raise FirefoxMissing("Firefox and Node are needed. On Debian: apt-get install firefox-esr nodejs npm")
    if not (FOLDER / "node_modules").is_dir():
        raise FirefoxMissing(f"The Node packages are needed: npm ci --ignore-scripts --prefix {FOLDER}")
    command = [node, str(FOLDER / "remote.mjs"), FIREFOX, site]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Firefox(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(timeout=20)
