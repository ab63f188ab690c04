"""Measures what it costs when a mail server or a web server asks about an app password."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

import django

from mfasite.demo import child_processes, launcher
from tests.bench import meter
from tests.bench.rooms import Hand, Rooms

PATH = "/integrations/basic/"
_WARM, _ROUNDS, _EACH, _WIDTH = 50, 5, 200, 8


@dataclass(frozen=True)
class Checks:
    """What was measured. Units: `cpu` milliseconds of the web a check, one value a round; `took` one a check."""

    cpu: list[float]
    took: list[float]
    rate: float  # a second, eight askers at a time
    statements: int  # of the dearest check from a known place


def measure(up: Rooms) -> Checks:
    """Have an asker of its own ask over and over, for HTTP Basic as `auth_request` and Dovecot's script do."""
    log = up.service.home / "asker.log"
    command = child_processes.python(
        "-m", "tests.bench.app_passwords", up.service.url.replace(launcher.NAME, launcher.HOST)
    )
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command,
            cwd=child_processes.BASE_DIR,
            env=dict(up.service.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            hand = Hand(process, log)
            statements = int(hand.answer())
            hand.order("ask", n=_WARM)
            cpu, took = [], []
            for _ in range(_ROUNDS):
                before = meter.cpu(up.ours.web)
                took += hand.order("ask", n=_EACH)
                cpu.append((meter.cpu(up.ours.web) - before) / _EACH)
            rate = float(hand.order("crowd", n=_EACH * _ROUNDS, width=_WIDTH))
        finally:
            process.terminate()
    return Checks(cpu=cpu, took=took, rate=rate, statements=statements)


@dataclass
class _Asker:
    """A service that shows its key and asks, always about the same person."""

    address: str
    key: str
    name: str
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        plain = f"{self.name}:{self.secret}".encode()
        basic = b64encode(plain).decode()
        return {"X-Service-Key": self.key, "X-Real-IP": "192.0.2.7", "Authorization": f"Basic {basic}"}

    def ask(self, n: int) -> list[float]:
        """Ask so many times over one line; gives how long each took. Units: milliseconds."""
        line = HTTPConnection(urlsplit(self.address).netloc)
        return [self._once(line) for _ in range(n)]

    def _once(self, line: HTTPConnection) -> float:
        begun = time.perf_counter()
        line.request("GET", PATH, headers=self.headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status == 204, f"{PATH}: {answer.status}"
        return (time.perf_counter() - begun) * 1000

    def crowd(self, n: int, width: int) -> float:
        """Ask so many times over several lines at once; gives how many a second were answered."""
        begun = time.perf_counter()
        with ThreadPoolExecutor(width) as pool:
            list(pool.map(self.ask, [n // width] * width))
        return n // width * width / (time.perf_counter() - begun)


def _make(address: str) -> _Asker:
    """Make a service, a person and an app password."""
    from django.utils import timezone  # noqa: PLC0415

    from accounts import app_passwords  # noqa: PLC0415
    from accounts.models import Service, User  # noqa: PLC0415
    from verification.context import Context  # noqa: PLC0415

    context = Context(now=timezone.now())
    service = Service(slug="bench", name="Bench", program="mail")
    key = app_passwords.new_service_key(service, context, actor_id=None)
    user = User.objects.create(username="asked-about", second_step="enforced")
    return _Asker(address, key, user.username, app_passwords.issue(user, context, name="bench", program="mail"))


def _statements(asker: _Asker) -> int:
    """Count the statements of the dearest check, by the same view: it looks the service up and notes the use."""
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from accounts import app_passwords  # noqa: PLC0415
    from accounts.models import AppPassword  # noqa: PLC0415

    client = Client(headers={"host": "127.0.0.1"} | asker.headers)
    assert client.get(PATH).status_code == 204
    AppPassword.objects.filter(user__username=asker.name).update(last_used_at=None)
    app_passwords.services._services.forget()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PATH).status_code == 204
    return len(captured)


def main() -> None:
    """Make what is asked about, then obey until the input ends."""
    django.setup()
    asker = _make(sys.argv[1])
    print(_statements(asker), flush=True)  # noqa: T201 - the answer's line
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(getattr(asker, order.pop("do"))(**order)), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
