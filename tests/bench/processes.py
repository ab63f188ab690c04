"""Helper processes of the bench: the carrier that texts go to, and a driver beside each site."""

import contextlib
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfasite.demo import child_processes, launcher
from tests.faults import servers


class DriverEnded(Exception):
    """A driver ended before its order was done; the text is the end of its log."""


@dataclass
class DriverProcess:
    """Our end of a driver's line."""

    process: subprocess.Popen[str]
    log: Path

    def order(self, action: str, /, **more: Any) -> Any:
        """Have one thing done and give the driver's answer. Errors: `DriverEnded`."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"do": action} | more) + "\n")
            self.process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        """Read one line of the driver. Errors: `DriverEnded`."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise DriverEnded("\n".join(self.log.read_text(encoding="utf-8").splitlines()[-12:]))
        return None if line == "ready\n" else json.loads(line)


@contextlib.contextmanager
def carrier(host: str = launcher.HOST, *, secure: Path | None = None) -> Iterator[dict[str, str]]:
    """Start the carrier that texts go to, and give the settings by which the service reaches it.

    With a folder, it is reached by https, with a certificate that is made there.
    """
    name, files, trust = host, tuple[Path, ...](), dict[str, str]()
    if secure:
        name = launcher.NAME
        files = servers.certificate(secure, name)
        trust = {"SSL_CERT_FILE": str(files[0])}
    command = child_processes.python("-m", "tests.bench.carrier", host, *map(str, files))
    with subprocess.Popen(command, cwd=child_processes.BASE_DIR, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            yield {
                "DELIVERY_PROVIDERS": "gateway,virtual",
                "GATEWAY_URL": f"http{'s' if secure else ''}://{name}:{port}/send",
                "GATEWAY_RECEIPT_KEYS": secrets.token_urlsafe(32),
                **trust,
            }
        finally:
            process.terminate()


@contextlib.contextmanager
def driver(
    name: str, address: str, home: Path, environment: Mapping[str, str], *, module: str = "tests.bench.driver"
) -> Iterator[DriverProcess]:
    """Start a driver beside a site."""
    log = home / f"driver-{name}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            child_processes.python("-m", module, name, address),
            cwd=child_processes.BASE_DIR,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                hand = DriverProcess(process, log)
                hand.answer()
                yield hand
            finally:
                process.terminate()
