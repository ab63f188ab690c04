"""Measures what OpenID Connect costs: a sign-in with an existing session, and a request to the token endpoint.

First there is one application, then 200, each for the members of some group.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import django

from tests.bench.measures.compared_with_empty_view import EMPTY, Compared, Cost, measured
from tests.bench.processes import DriverProcess, driver
from tests.bench.site import HOST, MeasuredSites

_CALLBACK = "https://bench.example.org/callback"
N_APPLICATIONS = 200
_GROUPS = 20  # everybody is in all of them, however many applications there are
_WARM_UPS, _ROUNDS, _PER_ROUND, _WIDTH = 20, 5, 100, 8


@dataclass(frozen=True)
class OidcSignIns:
    """What was measured. A whole sign-in is an authorization, and its code for tokens.

    Units: `rate` whole sign-ins a second, eight at a time; `token_rate` refreshes a second.
    """

    single: Compared  # whole sign-ins with one application
    many: Compared
    tokens: Cost  # refreshes
    rate: float
    token_rate: float


def measure(up: MeasuredSites, *, say: Callable[[str], None]) -> OidcSignIns:
    """Have applications sign people in who are signed in already, and refresh their tokens."""
    ours, tokens = up.ours, Cost()
    module = "tests.bench.measures.openid_connect"
    with driver("party", ours.address, ours.home, ours.environment, module=module) as hand:
        say("OpenID Connect with one application")
        hand.order("make", n=_PER_ROUND, applications=1)
        single = _sign_in(up, hand)
        say(f"OpenID Connect with {N_APPLICATIONS} applications")
        hand.order("make", n=_PER_ROUND, applications=N_APPLICATIONS)
        many = _sign_in(up, hand)
        for _ in range(_ROUNDS):
            tokens.add(ours, hand, "refresh", n=_PER_ROUND)
        rate = float(hand.order("crowd", what="sign_in", n=_PER_ROUND, width=_WIDTH))
        token_rate = float(hand.order("crowd", what="refresh", n=_PER_ROUND, width=_WIDTH))
    return OidcSignIns(single, many, tokens, rate, token_rate)


def _sign_in(up: MeasuredSites, hand: DriverProcess) -> Compared:
    hand.order("sign_in", n=_WARM_UPS)
    hand.order("empty", address=up.floor.address, n=_WARM_UPS)
    return measured(up, hand, "sign_in", rounds=_ROUNDS, n=_PER_ROUND)


class _Parties:
    """Applications with their clients, and people who are signed in to the service."""

    def __init__(self, address: str) -> None:
        from accounts.models import Application

        Application.objects.filter(slug__startswith="oidc-").delete()  # of an earlier run
        self.netloc = urlsplit(address).netloc
        self.clients: list[tuple[str, str]] = []
        self.cookies: list[str] = []
        self.turn = 0
        self.tokens: list[tuple[str, str]] = []  # Basic header and refresh token

    def make(self, n: int, applications: int) -> int:
        """Make so many applications in all, and people with a session each."""
        from django.conf import settings
        from django.contrib.auth.models import Group
        from django.utils import timezone

        from accounts.integrations.oidc import client_registration
        from accounts.models import Application, User

        now = timezone.now()
        groups = [Group.objects.get_or_create(name=f"Bench {at}")[0] for at in range(_GROUPS)]
        for at in range(len(self.clients), applications):
            application = Application.objects.create(slug=f"oidc-{at}", name=f"Bench {at}", kind="oidc")
            application.groups.add(groups[at % len(groups)])
            made = client_registration.make(application, redirect_uris=_CALLBACK, now=now - timedelta(minutes=1))
            self.clients.append((made.client.client_id, made.secret))
        users = User.objects.bulk_create(User(username=secrets.token_hex(8), second_step="enforced") for _ in range(n))
        for group in groups:
            group.user_set.add(*users)
        self.cookies = [f"{settings.SESSION_COOKIE_NAME}={_session(user, now)}" for user in users]
        return len(self.clients)

    def sign_in(self, n: int) -> list[float]:
        """Sign in so many times over one line. Units: milliseconds, of both requests together."""
        line = HTTPConnection(self.netloc)
        return [self._sign_in(line, *self._next()) for _ in range(n)]

    def crowd(self, what: str, n: int, width: int) -> float:
        """Sign in or refresh over several lines at once; gives how many a second."""
        ways: dict[str, Callable[[Any], object]] = {"sign_in": self._sign_in_all, "refresh": self._refresh_all}
        turns: list[Any] = [self._next() if what == "sign_in" else self.tokens.pop(0) for _ in range(n)]
        begun = time.perf_counter()
        with ThreadPoolExecutor(width) as pool:
            list(pool.map(ways[what], [turns[place::width] for place in range(width)]))
        return n / (time.perf_counter() - begun)

    def refresh(self, n: int) -> list[float]:
        """Refresh tokens over one line. Units: milliseconds."""
        return self._refresh_all([self.tokens.pop(0) for _ in range(n)])

    def _refresh_all(self, turns: list[tuple[str, str]]) -> list[float]:
        line, took = HTTPConnection(self.netloc), []
        for basic, token in turns:
            begun = time.perf_counter()
            found = self._post(line, basic, {"grant_type": "refresh_token", "refresh_token": token})
            took.append((time.perf_counter() - begun) * 1000)
            self.tokens.append((basic, found["refresh_token"]))
        return took

    @staticmethod
    def empty(address: str, n: int) -> list[float]:
        """Load the empty view of the floor over one line. Units: milliseconds."""
        line, took = HTTPConnection(urlsplit(address).netloc), []
        for _ in range(n):
            begun = time.perf_counter()
            line.request("GET", EMPTY, headers={"Host": HOST})
            line.getresponse().read()
            took.append((time.perf_counter() - begun) * 1000)
        return took

    def _next(self) -> tuple[tuple[str, str], str]:
        self.turn += 1
        return self.clients[self.turn % len(self.clients)], self.cookies[self.turn % len(self.cookies)]

    def _sign_in_all(self, turns: list[tuple[tuple[str, str], str]]) -> None:
        line = HTTPConnection(self.netloc)
        for client, cookie in turns:
            self._sign_in(line, client, cookie)

    def _sign_in(self, line: HTTPConnection, client: tuple[str, str], cookie: str) -> float:
        name, secret = client
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "client_id": name,
            "response_type": "code",
            "redirect_uri": _CALLBACK,
            "scope": "openid profile email",
            "state": "x",
            "nonce": "x",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        begun = time.perf_counter()
        line.request("GET", f"/oauth/authorize/?{urlencode(query)}", headers=_HEADERS | {"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        location = answer.headers["Location"] or ""
        assert location.startswith(_CALLBACK), f"{answer.status} {location}"
        code = parse_qs(urlsplit(location).query)["code"][0]
        basic = f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _CALLBACK, "code_verifier": verifier}
        found = self._post(line, basic, form)
        took = (time.perf_counter() - begun) * 1000
        self.tokens.append((basic, found["refresh_token"]))
        return took

    @staticmethod
    def _post(line: HTTPConnection, basic: str, form: dict[str, str]) -> dict[str, str]:
        kind = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
        line.request("POST", "/oauth/token/", urlencode(form), _HEADERS | kind)
        answer = line.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        found: dict[str, str] = json.loads(body)
        return found


_HEADERS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def _session(user: Any, now: Any) -> str:
    """Sign somebody in, as the sign-in stores it, and return the session's key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.sessions import session_assurance, session_store
    from verification.policies import DecisionReason

    store = session_store.SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), session_store.BACKEND
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    verified = {"password": now.timestamp(), "totp": (now - timedelta(seconds=5)).timestamp()}
    store[session_assurance.KEY] = {"epoch": user.epoch, "verified": verified, "why": DecisionReason.REQUIRED}
    store.create()
    return str(store.session_key)


def main() -> None:
    """Obey until the input ends."""
    django.setup()
    parties: Any = _Parties(sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(getattr(parties, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main()
