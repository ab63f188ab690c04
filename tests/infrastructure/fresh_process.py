"""A fresh process for a few lines of Python. It has imported libraries, but none of our modules.

A new interpreter for each would import Django and Celery again, half a second of processor time. So one process imports
them, and forks for each order: `python -m tests.infrastructure.fresh_process`.
"""

import atexit
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LIBRARIES = ("argon2", "celery.schedules", "django.conf", "django.core.management", "kombu.utils.url", "psycopg")


@dataclass(frozen=True)
class ProcessResult:
    """How the process ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def manage(*arguments: str, **environment: str) -> ProcessResult:
    """Run a management command with this environment and nothing else in it."""
    return python(f"import runpy, sys; sys.argv = {['manage.py', *arguments]}\n{_MANAGE}", **environment)


_MANAGE = f"runpy.run_path({str(ROOT / 'manage.py')!r}, run_name='__main__')"


def python(code: str, **environment: str) -> ProcessResult:
    """Run lines of Python with this environment and nothing else in it."""
    server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as folder:
        server.stdin.write(json.dumps({"code": code, "environment": environment, "folder": folder}) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return ProcessResult(status, *((Path(folder) / name).read_text() for name in ("out", "err")))


@cache
def _server() -> subprocess.Popen[str]:
    """Start the process that forks. It ends with this one."""
    command = [sys.executable, "-m", "tests.infrastructure.fresh_process"]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.__exit__, None, None, None)  # closes its input and waits
    return server


def _serve() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_run(**json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201  (the answer's line)


def _run(code: str, environment: dict[str, str], folder: str) -> int:
    os.environ.clear()
    os.environ.update(environment)
    sys.path[1:1] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    out, err = ((Path(folder) / name).open("w") for name in ("out", "err"))
    with out, err, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            exec(code, {"__name__": "__main__"})  # noqa: S102  (the tests' own lines)
        except SystemExit as end:
            if isinstance(end.code, str):
                err.write(end.code)
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # noqa: BLE001  (as an interpreter does)
            traceback.print_exc()
            return 1
    return 0


if __name__ == "__main__":
    _serve()
