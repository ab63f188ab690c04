"""Tests of back-channel logout: who is told, when, how often, and what an address may be."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import RefreshToken

from accounts import applications, tasks
from accounts.integrations.oidc.back_channel import deliveries_and_retries, logout_addresses, logout_requests
from accounts.models import LogoutDelivery, OidcSignIn
from tests.simulated.people import Clock, Person
from verification import jwt_signing_keys
from verification.models import AuditEvent, SigningKey

State = LogoutDelivery.State


@dataclass
class LogoutReceiver:
    """A client's server. `answer` is what it says: a status, or seconds that it waits first as a negative number."""

    port: int
    statuses: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}/logout?x=1"


@pytest.fixture
def listen() -> Iterator[Callable[..., LogoutReceiver]]:
    """Return a function that starts a client's server."""
    servers = []

    def start(*statuses: int, location: str = "", wait: float = 0) -> LogoutReceiver:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listener.heard.append(parse_qs(body)["logout_token"][0])
                listener.paths.append(self.path)
                time.sleep(wait)
                self.send_response(listener.statuses.pop(0) if listener.statuses else 200)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        listener = LogoutReceiver(port=server.server_address[1], statuses=list(statuses))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return listener

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@dataclass
class HangingAndOtherClient:
    """A client that hangs, and another one."""

    hanging: LogoutReceiver
    other: LogoutReceiver

    @staticmethod
    def tries(slug: str) -> list[int]:
        """Return how often each delivery to a client was tried."""
        rows = LogoutDelivery.objects.filter(client__application__slug=slug)
        return list(rows.order_by("n_tries").values_list("n_tries", flat=True))


def work() -> None:
    tasks.logouts()


def test_tells_the_client_that_the_session_ended(make_party: Any, listen: Any, ana: Person, clock: Clock) -> None:
    listener = listen()
    party = make_party(logout_uri=listener.uri)
    ana.sign_in()
    known = party.read(party.sign_in(ana)["id_token"])

    ana.browser.go("/sign-out/")
    ana.browser.press("Sign out")
    work()

    [token] = listener.heard
    assert listener.paths == ["/logout?x=1"]
    claims = party.read(token, typ="logout+jwt")
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert (claims["sub"], claims["sid"]) == (known["sub"], known["sid"])
    assert "nonce" not in claims
    assert claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert LogoutDelivery.objects.get().state == State.DONE


def test_tells_only_clients_that_were_signed_in_to(make_party: Any, listen: Any, ana: Person) -> None:
    used, unused, mute = listen(), listen(), make_party("mute")
    party = make_party("used", logout_uri=used.uri)
    make_party("unused", logout_uri=unused.uri)
    ana.sign_in()
    party.sign_in(ana)
    mute.sign_in(ana)

    applications.end(timezone.now(), "locked", user_id=ana.user.pk)
    work()

    assert len(used.heard) == 1
    assert unused.heard == []
    assert LogoutDelivery.objects.count() == 1


def test_tries_three_times(make_party: Any, listen: Any, ana: Person, clock: Clock) -> None:
    listener = listen(500, 400, 401)
    party = make_party(logout_uri=listener.uri)
    ana.sign_in()
    party.sign_in(ana)
    applications.end(clock.now, "sign-out", user_id=ana.user.pk)

    tried = []
    for _ in range(20):
        work()
        tried.append(len(listener.heard))
        clock.forward(seconds=5)

    assert tried[:3] == [1, 1, 2]  # at 0 and 10 s
    assert tried.index(3) == 14  # 60 s later
    assert tried[-1] == 3
    row = LogoutDelivery.objects.get()
    assert (row.state, row.last_status, row.n_tries) == (State.FAILED, 401, 3)
    assert AuditEvent.objects.filter(kind="oidc.logout_failed").count() == 1
    assert deliveries_and_retries.again(LogoutDelivery.objects.all(), clock.now) == 1
    work()
    assert LogoutDelivery.objects.get().state == State.DONE


def test_a_try_that_ends_with_its_worker_counts(
    make_party: Any, ana: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with a fourth try, and one more for each worker that dies: only answers were counted."""
    party, tried = make_party(logout_uri="http://127.0.0.1:9/"), []
    ana.sign_in()
    party.sign_in(ana)
    applications.end(clock.now, "sign-out", user_id=ana.user.pk)

    def die(*_arguments: Any) -> None:
        tried.append(clock.now)
        raise MemoryError

    monkeypatch.setattr(deliveries_and_retries, "_settle", die)
    for _ in range(3):
        with pytest.raises(MemoryError):
            work()
        clock.forward(seconds=60)
    monkeypatch.undo()
    for _ in range(3):
        work()
        clock.forward(seconds=60)

    row = LogoutDelivery.objects.get()
    assert (row.state, row.n_tries, row.last_problem, len(tried)) == (State.FAILED, 3, "stopped", 3)
    assert AuditEvent.objects.filter(kind="oidc.logout_failed").count() == 1


def test_a_token_that_cannot_be_signed_stops_no_other(make_party: Any, listen: Any, ana: Person, clock: Clock) -> None:
    """Seen failing: nobody was told of any sign-out any more."""
    listener = listen()
    ana.sign_in()
    make_party("odd", logout_uri="http://127.0.0.1:9/", algorithm="ES256").sign_in(ana)
    make_party("usual", logout_uri=listener.uri).sign_in(ana)
    SigningKey.objects.filter(algorithm="ES256").update(sealed="of a key that was lost")
    jwt_signing_keys.forget()
    applications.end(clock.now, "sign-out", user_id=ana.user.pk)

    for _ in range(3):
        work()
        clock.forward(seconds=60)

    assert len(listener.heard) == 1
    found = LogoutDelivery.objects.values_list("client__application__slug", "state", "last_problem")
    assert set(found) == {("odd", State.FAILED, "key"), ("usual", State.DONE, "")}


def test_one_that_is_down_delays_no_other(make_party: Any, listen: Any, ana: Person) -> None:
    slow, down = listen(wait=2.5), "http://127.0.0.1:9/"
    quick = [listen() for _ in range(4)]
    ana.sign_in()
    for number, uri in enumerate([slow.uri, down, *(each.uri for each in quick)]):
        make_party(f"app-{number}", logout_uri=uri).sign_in(ana)
    applications.end(timezone.now(), "locked", user_id=ana.user.pk)

    began = time.monotonic()
    deliveries_and_retries.deliver(deliveries_and_retries.due(timezone.now()), timezone.now())

    assert time.monotonic() - began < 5
    assert [len(each.heard) for each in quick] == [1] * 4
    states = dict(LogoutDelivery.objects.values_list("uri", "state"))
    assert states[down] == State.WAITING
    assert states[slow.uri] == State.DONE


@pytest.fixture
def clients(make_party: Any, listen: Any, ana: Person, monkeypatch: pytest.MonkeyPatch) -> HangingAndOtherClient:
    """Two threads, and six deliveries to a client that hangs, before one to another client."""
    monkeypatch.setattr(deliveries_and_retries, "_MAX_PARALLEL", 2)
    hanging, other = listen(wait=1.5), listen()
    ana.sign_in()
    for slug, each in (("hanging", hanging), ("other", other)):
        make_party(slug, logout_uri=each.uri).sign_in(ana)
    applications.end(timezone.now(), "sign-out", user_id=ana.user.pk)
    row = LogoutDelivery.objects.get(client__application__slug="hanging")
    for _ in range(5):
        row.pk = None
        row.save(force_insert=True)
    LogoutDelivery.objects.filter(client=row.client).update(due_at=timezone.now() - timedelta(seconds=1))
    return HangingAndOtherClient(hanging, other)


def test_one_that_hangs_takes_no_threads_from_others(
    clients: HangingAndOtherClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a sign-out of many. Seen failing: all six were tried first."""
    monkeypatch.setattr(logout_requests, "_READ_TIMEOUT", 0.3)

    work()

    assert (len(clients.other.heard), clients.tries("other")) == (1, [1])
    assert len(clients.hanging.heard) <= 4
    assert clients.tries("hanging") == [0] * (6 - len(clients.hanging.heard)) + [1] * len(clients.hanging.heard)


def test_no_delivery_loses_a_try_that_it_never_had(
    clients: HangingAndOtherClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: what still waited for a thread at the end counted as tried, and after three times as failed."""
    monkeypatch.setattr(deliveries_and_retries, "_TOTAL_TIMEOUT", 0.3)

    work()

    assert (clients.other.heard, clients.tries("other")) == ([], [0])
    assert clients.tries("hanging") == [0, 0, 0, 0, 1, 1]
    assert len(deliveries_and_retries.due(timezone.now())) == 5


def test_follows_no_redirect(make_party: Any, listen: Any, ana: Person) -> None:
    elsewhere = listen()
    party = make_party(logout_uri=listen(302, location=elsewhere.uri).uri)
    ana.sign_in()
    party.sign_in(ana)
    applications.end(timezone.now(), "sign-out", user_id=ana.user.pk)

    work()

    assert elsewhere.heard == []
    assert LogoutDelivery.objects.get().last_status == 302


def test_is_rolled_back_with_what_ended_the_session(make_party: Any, ana: Person) -> None:
    party = make_party(logout_uri="http://127.0.0.1:9/")
    ana.sign_in()
    party.sign_in(ana)

    with transaction.atomic():
        applications.end(timezone.now(), "sign-out", user_id=ana.user.pk)
        transaction.set_rollback(True)

    assert not LogoutDelivery.objects.exists()


ADDRESSES = {
    "http://wiki.example.org/": "https",
    "ftp://wiki.example.org/": "https",
    "https:///x": "address",
    "https://user@wiki.example.org/": "address",
    "https://wiki.example.org/#x": "address",
    "https://wiki.example.org:99999/": "address",
    f"https://wiki.example.org/{'x' * 500}": "address",
    "https://wiki.example.org/x": "",
    "http://127.0.0.1:8080/x": "",  # in the demo and the tests
}


@pytest.mark.parametrize(("uri", "why"), ADDRESSES.items())
def test_address_must_be_https(uri: str, why: str) -> None:
    assert logout_addresses.flaw(uri) == why


def test_loopback_is_only_for_the_demo(settings: Any) -> None:
    settings.DEMO = False

    assert logout_addresses.flaw("http://127.0.0.1:8080/x") == "https"
    assert logout_requests.send("https://127.0.0.1:1/", "x").problem == "forbidden"


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]", "[::]"])
def test_address_for_a_special_purpose_is_refused_when_it_is_entered(host: str) -> None:
    """Seen failing: it was accepted, and each delivery failed."""
    assert logout_addresses.flaw(f"https://{host}/latest/meta-data") == "forbidden"
    assert logout_addresses.flaw_in_words(f"https://{host}/latest/meta-data")


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "169.16689662"])
def test_is_told_nothing_at_an_address_for_a_special_purpose(host: str) -> None:
    """However a host is written, the address that it resolves to is checked."""
    assert logout_requests.send(f"https://{host}/latest/meta-data", "x").problem == "forbidden"


def test_a_name_that_changes_its_address_leads_nowhere_else(listen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the first look-up is harmless, and any further one is a cloud's metadata.

    Seen failing with the name in place of the address in `_pool`.
    """
    listener, real = listen(), socket.getaddrinfo
    answers = iter(["127.0.0.1"])

    def look_up(host: str, *more: Any, **named: Any) -> Any:
        return real(next(answers, "169.254.169.254") if host == "localhost" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    uri = listener.uri.replace("127.0.0.1", "localhost")

    assert logout_requests.send(uri, "x").is_done
    assert logout_requests.send(uri, "x").problem == "forbidden"
    assert len(listener.heard) == 1


def test_request_that_fails_returns_the_problem_and_raises_nothing() -> None:
    assert logout_requests.send("https://no-such-host.invalid/", "x").problem == "name"
    assert logout_requests.send("http://127.0.0.1:9/", "x").problem == "connection"


@pytest.mark.parametrize("host", ["a..example.org", ".example.org", f"{'a' * 64}.example.org"])
def test_a_host_that_no_server_can_have_stops_no_other(make_party: Any, listen: Any, ana: Person, host: str) -> None:
    """Seen failing: the name raised, and what the others were sent was never noted, so that they got it again."""
    listener = listen()
    odd, other = make_party("odd", logout_uri=f"https://{host}/logout"), make_party("other", logout_uri=listener.uri)
    ana.sign_in()
    odd.sign_in(ana)
    other.sign_in(ana)
    applications.end(timezone.now(), "sign-out", user_id=ana.user.pk)

    work()

    states = dict(LogoutDelivery.objects.values_list("client", "last_problem"))
    assert states == {odd.client.pk: "name", other.client.pk: ""}
    assert LogoutDelivery.objects.get(client=other.client).state == State.DONE


def test_old_rows_are_deleted(make_party: Any, listen: Any, ana: Person, clock: Clock) -> None:
    party = make_party(logout_uri=listen().uri)
    ana.sign_in()
    party.sign_in(ana)
    applications.end(clock.now, "sign-out", user_id=ana.user.pk)
    work()
    clock.forward(days=32)
    tasks.purge()
    assert not OidcSignIn.objects.exists()
    assert not RefreshToken.objects.exists()
    assert LogoutDelivery.objects.exists()

    clock.forward(days=60)
    tasks.purge()

    assert not LogoutDelivery.objects.exists()


def test_metrics_count_what_waits(make_party: Any, ana: Person) -> None:
    party = make_party(logout_uri="http://127.0.0.1:9/")
    ana.sign_in()
    party.sign_in(ana)
    applications.end(timezone.now(), "sign-out", user_id=ana.user.pk)

    assert deliveries_and_retries.counts() == {"waiting": 1, "failed": 0}
