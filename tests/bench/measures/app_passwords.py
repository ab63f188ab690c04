"""Measures what it costs when a mail server or a web server asks about an app password, each time of another person."""

import json
import secrets
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import django

from tests.bench.meter import Usage
from tests.bench.processes import driver
from tests.bench.site import HOST, MeasuredSites

PATH = "/integrations/basic/"
_PLACE = "192.0.2.0/24"
_WARM_UPS, _ROUNDS, _PER_ROUND, _WIDTH = 50, 5, 200, 8


@dataclass(frozen=True)
class Checks:
    """What was measured. Units: `usage` a check, one value a round; `took` milliseconds, one a check."""

    usage: list[Usage]
    took: list[float]
    rate: float  # a second, eight askers at a time


def measure(up: MeasuredSites, *, say: Callable[[str], None]) -> Checks:
    """Have an asker of its own ask, for HTTP Basic as `auth_request` and Dovecot's script do.

    Each check is the first of its person that day, so each writes when the app password was used.
    """
    ours = up.ours
    say("app passwords")
    with driver(
        "asker", ours.address, ours.home, ours.environment, module="tests.bench.measures.app_passwords"
    ) as hand:
        hand.order("make", n=_WARM_UPS + 2 * _ROUNDS * _PER_ROUND)
        hand.order("ask", n=_WARM_UPS)
        usage, took = [], []
        for _ in range(_ROUNDS):
            before = ours.meter.read()
            took += hand.order("ask", n=_PER_ROUND)
            usage.append((ours.meter.read() - before) / _PER_ROUND)
        rate = float(hand.order("crowd", n=_PER_ROUND * _ROUNDS, width=_WIDTH))
    return Checks(usage=usage, took=took, rate=rate)


class _Asker:
    """A service that shows its key and asks about one person after the other."""

    def __init__(self, address: str) -> None:
        from django.utils import timezone

        from accounts import app_passwords
        from accounts.models import Service
        from verification.context import Context

        self.address = address
        self.context = Context(now=timezone.now())
        service = Service.objects.filter(slug="bench").first() or Service(slug="bench", name="Bench", program="mail")
        self.key = app_passwords.new_service_key(service, self.context, actor_id=None)
        self.people = iter(list[tuple[str, str]]())

    def make(self, n: int) -> int:
        """Make people with an app password each, which they used yesterday from the same network."""
        from accounts import app_passwords
        from accounts.models import AppPassword, User

        users = User.objects.bulk_create(User(username=secrets.token_hex(8), second_step="enforced") for _ in range(n))
        made = [
            (user.username, app_passwords.issue(user, self.context, name="bench", program="mail")) for user in users
        ]
        used = {"last_used_at": self.context.now - timedelta(days=1), "places": [_PLACE]}
        AppPassword.objects.filter(user__in=users).update(**used)
        self.people = iter(made)
        return len(made)

    def ask(self, n: int) -> list[float]:
        """Ask about so many people over one line; gives how long each took. Units: milliseconds."""
        return self._ask(list(islice(self.people, n)))

    def crowd(self, n: int, width: int) -> float:
        """Ask about so many people over several lines at once; gives how many a second were answered."""
        people = list(islice(self.people, n))
        begun = time.perf_counter()
        with ThreadPoolExecutor(width) as pool:
            list(pool.map(self._ask, [people[place::width] for place in range(width)]))
        return n / (time.perf_counter() - begun)

    def _ask(self, people: list[tuple[str, str]]) -> list[float]:
        line = HTTPConnection(urlsplit(self.address).netloc)
        took = []
        for name, secret in people:
            begun = time.perf_counter()
            line.request("GET", PATH, headers=self._headers(name, secret))
            answer = line.getresponse()
            answer.read()
            assert answer.status == 204, f"{PATH}: {answer.status}"
            took.append((time.perf_counter() - begun) * 1000)
        return took

    def _headers(self, name: str, secret: str) -> dict[str, str]:
        basic = b64encode(f"{name}:{secret}".encode()).decode()
        proxy = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        return proxy | {"X-Service-Key": self.key, "X-Real-IP": "192.0.2.7", "Authorization": f"Basic {basic}"}


def main() -> None:
    """Make the service, then obey until the input ends."""
    django.setup()
    asker: Any = _Asker(sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(getattr(asker, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main()
