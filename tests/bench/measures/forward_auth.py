"""Measures what it costs when a proxy asks whether a visitor may open a page, each time of another person.

First there is one application, then 200, each with a host of its own, two rules for its paths and an allowed group.
Beside it, an empty view of the floor.
"""

import json
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import django

from tests.bench.measures.compared_with_empty_view import EMPTY, Compared, measured
from tests.bench.processes import DriverProcess, driver
from tests.bench.site import HOST, MeasuredSites

PATH = "/integrations/forward-auth/"
N_APPLICATIONS = 200
_GROUPS = 20  # everybody is in all of them, however many applications there are
_WARM_UPS, _ROUNDS, _PER_ROUND, _WIDTH = 50, 5, 400, 8
_TIMEOUT = 60.0  # seconds until all web processes have read new applications


@dataclass(frozen=True)
class Verdicts:
    """What was measured. Units: rates are answers a second to eight askers at a time."""

    single: Compared  # with one application
    many: Compared
    single_rate: float
    rate: float
    empty_rate: float


def measure(up: MeasuredSites, *, say: Callable[[str], None]) -> Verdicts:
    """Have a proxy of its own ask about people who are signed in to an application."""
    ours, floor = up.ours, up.floor.address
    with driver("proxy", ours.address, ours.home, ours.environment, module="tests.bench.measures.forward_auth") as hand:
        say("forward-auth with one application")
        hand.order("make", n=_PER_ROUND, applications=1)
        single = _ask(up, hand)
        single_rate = float(hand.order("crowd", n=_PER_ROUND * _ROUNDS, width=_WIDTH))
        say(f"forward-auth with {N_APPLICATIONS} applications")
        hand.order("make", n=_PER_ROUND, applications=N_APPLICATIONS)
        many = _ask(up, hand)
        rate = float(hand.order("crowd", n=_PER_ROUND * _ROUNDS, width=_WIDTH))
        empty_rate = float(hand.order("crowd_of_empty", address=floor, n=_PER_ROUND * _ROUNDS, width=_WIDTH))
    return Verdicts(single, many, single_rate, rate, empty_rate)


def _ask(up: MeasuredSites, hand: DriverProcess) -> Compared:
    """Ask, and load the empty view in turn, so that what else the machine does weighs on both."""
    hand.order("wait")
    hand.order("ask", n=_WARM_UPS)
    hand.order("empty", address=up.floor.address, n=_WARM_UPS)
    return measured(up, hand, "ask", rounds=_ROUNDS, n=_PER_ROUND)


class _Proxy:
    """A proxy with its secret, which asks about one person after the other."""

    def __init__(self, address: str) -> None:
        from accounts.models import Application

        Application.objects.filter(slug__startswith="bench-").delete()  # of an earlier run
        self.address = address
        self.secret = ""
        self.visitors: list[tuple[str, str]] = []  # host and cookie
        self.turn = 0

    def make(self, n: int, applications: int) -> int:
        """Make so many applications in all, and people who are signed in to one each."""
        from django.contrib.auth.models import Group
        from django.utils import timezone

        from accounts.integrations.forward_auth import cookies
        from accounts.models import Application, ApplicationSession, ProtectedHost, User

        now = timezone.now()
        groups = [Group.objects.get_or_create(name=f"Bench {at}")[0] for at in range(_GROUPS)]
        for at in range(Application.objects.filter(slug__startswith="bench-").count(), applications):
            application = Application.objects.create(slug=f"bench-{at}", name=f"Bench {at}", kind="proxy")
            application.groups.add(groups[at % len(groups)])
            for path, needs in (("/", "strength"), ("/public/", "public"), ("/reports/", "sign-in")):
                ProtectedHost.objects.create(
                    application=application, host=f"bench-{at}.example.org", path_prefix=path, access=needs
                )
        self._make_proxy(now)
        made = list(Application.objects.filter(slug__startswith="bench-").order_by("pk"))
        users = User.objects.bulk_create(User(username=secrets.token_hex(8), second_step="enforced") for _ in range(n))
        for group in groups:
            group.user_set.add(*users)
        self.visitors = []
        for at, user in enumerate(users):
            application = made[at % len(made)]
            host = f"{application.slug}.example.org"
            opened = ApplicationSession.objects.create(
                application=application, user=user, session_ref=_session(user, now), started_at=now, last_used_at=now
            )
            name, value = cookies.session_name(application.pk), cookies.session_value(opened.pk, host)
            self.visitors.append((host, f"theme=dark; {name}={value}; lang=en"))
        return len(made)

    def _make_proxy(self, now: datetime) -> None:
        from accounts.applications import secret_rotation as keys
        from accounts.integrations.forward_auth import proxy_authentication
        from accounts.models import Proxy

        about = {"name": "Bench", "program": "caddy", "networks": ["127.0.0.1/32"]}
        proxy, _is_new = Proxy.objects.get_or_create(slug="bench", defaults=about)
        self.secret = keys.renew(proxy, proxy_authentication.PURPOSE, now)

    def wait(self) -> float:
        """Ask until all web processes know the newest applications, and return how long that took. Units: seconds."""
        begun, streak = time.monotonic(), 0
        line = HTTPConnection(urlsplit(self.address).netloc)
        while streak < len(self.visitors):
            assert time.monotonic() - begun < _TIMEOUT, "the new applications stay unknown"
            path, headers = self._question()
            line.request("GET", path, headers=headers | {"Connection": "close"})  # the next one may get another process
            answer = line.getresponse()
            answer.read()
            streak = streak + 1 if answer.status == 200 else 0
        return time.monotonic() - begun

    def ask(self, n: int) -> list[float]:
        """Ask about so many requests over one line. Units: milliseconds."""
        return self._over_one_line(self.address, [self._question() for _ in range(n)])

    def crowd(self, n: int, width: int) -> float:
        """Ask about so many over several lines at once; gives how many a second were answered."""
        return self._over_many(self.address, [self._question() for _ in range(n)], width)

    def empty(self, address: str, n: int) -> list[float]:
        """Load the empty view."""
        return self._over_one_line(address, [(EMPTY, {"Host": HOST})] * n)

    def crowd_of_empty(self, address: str, n: int, width: int) -> float:
        """Load the empty view over several lines at once."""
        return self._over_many(address, [(EMPTY, {"Host": HOST})] * n, width)

    def _question(self) -> tuple[str, dict[str, str]]:
        host, cookie = self.visitors[self.turn % len(self.visitors)]
        self.turn += 1
        return PATH, {
            "Host": host,
            "X-Proxy-Secret": self.secret,
            "X-Forwarded-Host": host,
            "X-Forwarded-Uri": f"/style.css?{self.turn}",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Method": "GET",
            "X-Forwarded-For": "192.0.2.7, 127.0.0.1",
            "Cookie": cookie,
            "Accept": "text/css",
            "Sec-Fetch-Mode": "no-cors",
            "Sec-Fetch-Dest": "style",
        }

    def _over_many(self, address: str, asked: list[tuple[str, dict[str, str]]], width: int) -> float:
        begun = time.perf_counter()
        with ThreadPoolExecutor(width) as pool:
            shares = [asked[place::width] for place in range(width)]
            list(pool.map(lambda share: self._over_one_line(address, share), shares))
        return len(asked) / (time.perf_counter() - begun)

    @staticmethod
    def _over_one_line(address: str, asked: list[tuple[str, dict[str, str]]]) -> list[float]:
        line = HTTPConnection(urlsplit(address).netloc)
        took = []
        for path, headers in asked:
            begun = time.perf_counter()
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, f"{path}: {answer.status}"
            assert path != PATH or answer.headers["Remote-User"], "an answer without a name"
            took.append((time.perf_counter() - begun) * 1000)
        return took


def _session(user: Any, now: Any) -> str:
    """Sign somebody in, as the sign-in stores it, and return the session's reference."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.sessions import session_assurance, session_store
    from verification.policies import DecisionReason

    store = session_store.SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), session_store.BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    verified = {"password": now.timestamp(), "totp": (now - timedelta(seconds=5)).timestamp()}
    store[session_assurance.KEY] = {"epoch": user.epoch, "verified": verified, "why": DecisionReason.REQUIRED}
    store.create()
    return store.ref


def main() -> None:
    """Obey until the input ends."""
    django.setup()
    proxy: Any = _Proxy(sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(getattr(proxy, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main()
