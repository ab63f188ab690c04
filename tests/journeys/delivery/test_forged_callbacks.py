"""Tests that running services refuse and count forged and replayed callbacks of every carrier, without any effect."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import pytest
import urllib3
from twilio.request_validator import RequestValidator

from mfasite.demo.launcher import Stack
from mfasite.demo.users_and_password import PASSWORD
from tests.bench.browser import TimedBrowser
from tests.conftest import METRICS, METRICS_TOKEN, BringUp
from tests.infrastructure import fresh_process
from tests.simulated import fake_carrier
from tests.simulated.fake_carrier import (
    ACCOUNT,
    APPLICATION,
    KEY,
    SECRET,
    TOKEN,
    FakeCarrier,
    private_key,
    vonage_bearer,
)
from verification.delivery.providers.gateway import conf
from verification.delivery.providers.gateway import signature as gateways

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("forged")]

Signed = tuple[bytes, dict[str, str]]
Sign = Callable[[str, str, float], Signed]  # for an address, of a state, so many seconds ago
Exchanges = dict[str, FakeCarrier]  # by the name of the carrier
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
WAIT = 15.0  # seconds
VONAGE_STATES = {"sent": "submitted", "delivered": "delivered", "undelivered": "undeliverable"}


def by_twilio(url: str, state: str, _ago: float, *, token: str = TOKEN) -> Signed:
    fields = {"MessageSid": f"SM{1:032d}", "MessageStatus": state}
    fields |= {"ErrorCode": "30001"} if state == "undelivered" else {}
    signature = RequestValidator(token).compute_signature(url, fields)
    return urlencode(fields).encode(), {"Content-Type": FORM, "X-Twilio-Signature": signature}


def by_gateway(url: str, state: str, ago: float, *, key: str = KEY) -> Signed:
    body, moment = json.dumps({"status": state, "error": "unknown"}).encode(), str(int(time.time() - ago))
    signed = gateways.sign(conf.read(), key=key, moment=moment, url=url, body=body)
    return body, {"Content-Type": JSON, "X-Timestamp": moment, "X-Signature": signed}


def by_vonage(url: str, state: str, ago: float, *, secret: str = SECRET) -> Signed:
    """Sign as Vonage does: the body names the message, and the URL is not signed."""
    handle = urlsplit(url).path.split("/")[-2]
    told = {"message_uuid": f"SM{1:032d}", "client_ref": handle, "status": VONAGE_STATES[state]}
    body = json.dumps(told).encode()
    return body, {"Content-Type": JSON, "Authorization": vonage_bearer(body, secret=secret, age=ago)}


@dataclass
class CallbackSigning:
    """A carrier's signature, and a forged one."""

    sign: Sign
    forge: Sign
    has_time: bool
    has_address: bool = True


CARRIERS = {
    "twilio": CallbackSigning(by_twilio, lambda *what: by_twilio(*what, token="another"), has_time=False),
    "gateway": CallbackSigning(by_gateway, lambda *what: by_gateway(*what, key="another"), has_time=True),
    "vonage": CallbackSigning(
        by_vonage,
        lambda *what: by_vonage(*what, secret="another secret, and long enough too"),
        has_time=True,
        has_address=False,
    ),
}


@dataclass
class ServiceWithOneCarrier:
    """The running service, with one carrier that the test simulates, and the person whose texts it carries."""

    up: Stack
    name: str
    carrier: CallbackSigning
    lines: FakeCarrier
    wire: urllib3.PoolManager
    browser: TimedBrowser

    def ask_for_a_text(self) -> None:
        """Enter the password, and wait until the carrier has accepted the text."""
        self.browser.get("/sign-in/").expect(200)
        self.browser.post("/sign-in/", username=self.name, password=PASSWORD).expect(302, "/sign-in/verify/")
        until = time.monotonic() + WAIT
        while self.state() != "accepted":
            assert time.monotonic() < until, f"the text stays {self.state()}"
            time.sleep(0.1)

    def state(self) -> str:
        """Return the text's state as the person's page shows it."""
        told: str = json.loads(self.browser.get("/sign-in/status/").body)["state"]
        return told

    def address(self) -> str:
        """Return the callback URL that the carrier was given."""
        fields = self.lines.newest["fields"]
        told = fields.get("callback") or fields.get("webhook_url") or fields["StatusCallback"][0]
        return str(told)

    def call(self, url: str, signed: Signed) -> int:
        """Post a callback to our own port, whichever host its URL names, and return the status."""
        parts, (body, headers) = urlsplit(url), signed
        query = f"?{parts.query}" if parts.query else ""
        return self.wire.request("POST", f"{self.up.url}{parts.path}{query}", body=body, headers=headers).status

    def refused(self) -> int:
        """Return the number of refused callbacks."""
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        told = self.wire.request("GET", f"{self.up.url}/metrics", headers=headers).data.decode()
        found = re.search(r'mfa_requests_total\{status="403",view="verification:callback-receive"\} ([0-9.]+)', told)
        return int(float(found[1])) if found else 0


# A person for each carrier, with its name. Virtual phones, which the service plays, would get what it can't send.
_PREPARE = """
from mfasite.demo.users_and_password import DemoUser
from mfasite.management.commands import make_demo_users
from verification.models import Channel, Route
for place, name in enumerate({names!r}):
    number = f"+4179555020{{place}}"
    make_demo_users._make(DemoUser(name=name, full_name=name, about="", number=number, methods=("text",)))
    for order, provider in enumerate((name, "virtual")):
        Route.objects.create(kind=Channel.TEXT, place=number, order=order, provider=provider)
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, bring_up: BringUp) -> Iterator[tuple[Stack, Exchanges]]:
    """Start the service with all carriers, and with one person for each."""
    with ExitStack() as opened:
        exchanges = {name: opened.enter_context(fake_carrier.opened()) for name in CARRIERS}
        settings = {
            "DELIVERY_PROVIDERS": ",".join([*CARRIERS, "virtual"]),
            "VERIFICATION_CACHE_SECONDS": "0",  # the new routes are in force at once
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKENS": TOKEN,
            "TWILIO_SENDERS": "*=+15005550006",
            "TWILIO_BASE_URL": exchanges["twilio"].url,
            "VONAGE_APPLICATION_ID": APPLICATION,
            "VONAGE_PRIVATE_KEY": private_key(),
            "VONAGE_SIGNATURE_SECRETS": SECRET,
            "VONAGE_SENDERS": "*=Example",
            "VONAGE_CALL_SENDERS": "*=+15005550006",
            "VONAGE_BASE_URL": exchanges["vonage"].url,
            "GATEWAY_URL": f"{exchanges['gateway'].url}/send",
            "GATEWAY_RECEIPT_KEYS": KEY,
        }
        up = opened.enter_context(bring_up(tmp_path_factory.mktemp("service"), **METRICS, **settings))
        code = _PREPARE.format(names=tuple(CARRIERS))
        done = fresh_process.manage("shell", "--no-imports", "-v0", "-c", code, **up.environment)
        assert done.returncode == 0, done.stderr
        yield up, exchanges


@pytest.fixture(params=CARRIERS)
def site(request: pytest.FixtureRequest, service: tuple[Stack, Exchanges]) -> Iterator[ServiceWithOneCarrier]:
    name: str = request.param
    up, exchanges = service
    exchanges[name].requests.clear()  # it names messages by their number
    with urllib3.PoolManager() as wire, closing(TimedBrowser(up.url, "127.0.0.1")) as browser:
        yield ServiceWithOneCarrier(up, name, CARRIERS[name], exchanges[name], wire, browser)


def test_forged_callback_is_refused_counted_and_without_effect(site: ServiceWithOneCarrier) -> None:
    site.ask_for_a_text()
    url, other = site.address(), site.address().replace("/receipt/", "/receipt/0")
    sign, forge = site.carrier.sign, site.carrier.forge
    body, headers = sign(url, "delivered", 0)
    tries = [
        (url, (body, {"Content-Type": headers["Content-Type"]})),
        (url, forge(url, "delivered", 0)),
        (url, (body.replace(b"delivered", b"undelivered"), headers)),
        (url, sign(other, "delivered", 0)),
        *([(f"{url}?more=1", (body, headers))] if site.carrier.has_address else []),
        *([(url, sign(url, "delivered", 330)), (url, sign(url, "delivered", -330))] if site.carrier.has_time else []),
    ]
    before, asked = site.refused(), len(site.lines.requests)

    assert [site.call(*each) for each in tries] == [403] * len(tries)

    assert site.refused() == before + len(tries)
    assert site.state() == "accepted"
    assert len(site.lines.requests) == asked, "a forged bad receipt sends nothing more"


def test_replayed_callback_changes_nothing(site: ServiceWithOneCarrier) -> None:
    site.ask_for_a_text()
    url = site.address()
    first, second = site.carrier.sign(url, "sent", 0), site.carrier.sign(url, "delivered", 0)
    assert (site.call(url, first), site.state()) == (204, "sent")
    assert (site.call(url, second), site.state()) == (204, "delivered")

    # A carrier that got no answer sends the callback again. A refusal would make it retry for hours.
    assert [site.call(url, each) for each in (first, second, first)] == [204] * 3

    assert site.state() == "delivered"
