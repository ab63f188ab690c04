"""Tests of leaving, by each way, against a real server with several processes: whatever a person had is refused."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

import pytest
from django.db import transaction
from django.utils import timezone

import mfasite.settings
from accounts import provisioning
from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import proxy_authentication
from accounts.integrations.oidc import client_registration
from accounts.models import Application, Directory, LogoutDelivery, ProtectedHost, Proxy, User
from accounts.models.directories import DirectoryKind, LinkBy
from accounts.provisioning import PersonEntry, ProvisioningMethod, ProvisioningSource
from accounts.support.actions import blocks_and_bypasses as access_actions
from accounts.support.actions.action_form_and_declaration import Actor
from mfasite.demo import child_processes
from tests.accounts.integrations.forward_auth.conftest import HOST, NAVIGATION, ForwardAuthProxy
from tests.real_programs.ports import free_port
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import PASSWORD, Person, join
from tests.simulated.relying_party import CALLBACK, SimulatedRelyingParty
from tests.verification.conftest import for_workers
from verification.context import Context

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.django_db(transaction=True)]

MAX_SECONDS = 1.0  # after someone left
AGENT = "a browser of the tests"


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_args: object) -> None:
        return None


_OPENER = build_opener(ProxyHandler({}), _Stays)


def send_request(url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Send one request to the real server, and return the status and where it leads."""
    data = urlencode(form).encode() if form is not None else None
    request = Request(url, data=data, headers={**headers, "User-Agent": AGENT})  # noqa: S310  (our own service)
    try:
        with _OPENER.open(request, timeout=30) as answer:
            return answer.status, ""
    except HTTPError as error:
        return error.code, error.headers.get("Location", "")


def cookies(person: Person) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in person.browser.client.cookies.items())


@pytest.fixture
def server(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[str]:
    """Start a web server with two processes that share this test's database, and hash passwords as they do."""
    settings.PASSWORD_HASHERS = mfasite.settings.PASSWORD_HASHERS
    port = free_port()
    environment = for_workers(tmp_path, broker="none:", url="redis+socket:///nowhere/broker.sock")
    environment |= {
        "PUBLIC_URL": f"http://localhost:{port}",
        "BIND": f"127.0.0.1:{port}",
        "WEB_WORKERS": "2",
        "LOG_LEVEL": "WARNING",
    }
    with child_processes.crew(tmp_path, environment) as crew:
        crew.start("web", child_processes.web())
        url = f"http://localhost:{port}"
        crew.wait("The web server", lambda: child_processes.answers(f"{url}/healthz"), seconds=90)
        yield url


@dataclass
class EverythingPeopleUse:
    """What the people of this test use, and the directory that they belong to."""

    url: str
    directory: Directory
    door: AppPasswordService
    party: SimulatedRelyingParty
    proxy_secret: str

    def probes(self, name: str) -> dict[str, Callable[[], bool]]:
        """Give a person everything that lets them in, and return for each whether it does."""
        with transaction.atomic():
            person = join(name).set_up("totp")
        (change,) = provisioning.plan_people(self.directory, [entry(name)])
        provisioning.apply_person(
            self.directory, change, ProvisioningSource(way=ProvisioningMethod.SYNC), timezone.now()
        )
        person.user.refresh_from_db()
        app_password = app_password_services.make(person.user)
        person.sign_in(remember="on")
        session = cookies(person)
        asking_proxy = ForwardAuthProxy(self.proxy_secret, browser=person.browser)
        assert asking_proxy.open().status_code == 200
        tokens = self.party.sign_in(person, scope="openid profile offline_access")
        host_cookie = "; ".join(f"{key}={value}" for key, value in asking_proxy.jars[HOST].items())
        basic = "Basic " + b64encode(f"{name}:{app_password}".encode()).decode()
        client = "Basic " + b64encode(f"{self.party.client.client_id}:{self.party.secret}".encode()).decode()
        asked = {
            "X-Proxy-Secret": self.proxy_secret,
            "X-Forwarded-Host": HOST,
            "X-Forwarded-Uri": "/",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Method": "GET",
            "X-Forwarded-For": "192.0.2.7",
            "Cookie": host_cookie,
            **NAVIGATION,
        }
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        return {
            "session": lambda: send_request(f"{self.url}/methods/", {"Cookie": session})[0] == 200,
            "remembered browser": lambda: self._password(name, session),
            "app password": lambda: (
                send_request(
                    f"{self.url}/integrations/basic/", {"X-Service-Key": self.door.key, "Authorization": basic}
                )[0]
                == 204
            ),
            "application behind a proxy": lambda: (
                send_request(f"{self.url}/integrations/forward-auth/", asked)[0] == 200
            ),
            "access token": lambda: (
                send_request(f"{self.url}/oauth/userinfo/", {"Authorization": f"Bearer {tokens['access_token']}"})[0]
                == 200
            ),
            "refresh token": lambda: (
                send_request(f"{self.url}/oauth/token/", {"Authorization": client}, refresh)[0] == 200
            ),
        }

    def _password(self, name: str, session: str) -> bool:
        """Enter the correct password in the remembered browser, without its session."""
        kept = "; ".join(part for part in session.split("; ") if not part.startswith("mfa_session"))
        token = next(part.partition("=")[2] for part in kept.split("; ") if part.startswith("mfa_csrf"))
        form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token}
        status, leads_to = send_request(f"{self.url}/sign-in/", {"Cookie": kept}, form)
        return status == 302 and leads_to == "/"


def entry(name: str, *, is_active: bool = True) -> PersonEntry:
    return PersonEntry(key=f"key of {name}", username=name, name=name, is_active=is_active)


@pytest.fixture
def world(server: str) -> EverythingPeopleUse:
    join("root", is_staff=True, is_superuser=True)
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY, address=f"http://{HOST}/")
    ProtectedHost.objects.create(application=wiki, host=HOST, path_prefix="/", access="strength")
    proxy = Proxy.objects.create(
        slug="front", name="Front", program="caddy", networks=["127.0.0.0/8", "198.51.100.9/32"]
    )
    pad = Application.objects.create(slug="pad", name="Pad", kind=Application.Kind.OIDC)
    made = client_registration.make(
        pad, now=timezone.now(), redirect_uris=CALLBACK, logout_uri="https://pad.example.org/logged-out"
    )
    return EverythingPeopleUse(
        url=server,
        directory=Directory.objects.create(name="Entra", kind=DirectoryKind.SCIM, link_by=LinkBy.USERNAME),
        door=app_password_services.build("mail", program="mail"),
        party=SimulatedRelyingParty(client=made.client, secret=made.secret),
        proxy_secret=secret_rotation.renew(proxy, proxy_authentication.PURPOSE, timezone.now()),
    )


def by_sync(world: EverythingPeopleUse, name: str) -> None:
    changes = provisioning.plan_people(world.directory, [entry(name, is_active=False)])
    list(
        provisioning.apply_people(
            world.directory, changes, ProvisioningSource(way=ProvisioningMethod.SYNC), timezone.now()
        )
    )


def by_scim(world: EverythingPeopleUse, name: str) -> None:
    (change,) = provisioning.plan_people(world.directory, [entry(name, is_active=False)])
    provisioning.apply_person(world.directory, change, ProvisioningSource(way=ProvisioningMethod.SCIM), timezone.now())


def by_hand(world: EverythingPeopleUse, name: str) -> None:
    User.objects.filter(username=name).update(is_active=False)


def by_block(world: EverythingPeopleUse, name: str) -> None:
    actor = Actor(
        staff=User.objects.get(username="root"), context=Context(now=timezone.now()), reason="left", ticket="T-1"
    )
    access_actions.block(User.objects.get(username=name), actor)


WAYS: dict[str, Callable[[EverythingPeopleUse, str], None]] = {
    "sync": by_sync,
    "scim": by_scim,
    "hand": by_hand,
    "block": by_block,
}


def test_whatever_a_person_had_is_refused_within_a_second(world: EverythingPeopleUse) -> None:
    """Seen failing without the check of `is_active`, and without the end of everything when a directory says so."""
    late, told = list[str](), set[str]()
    for name, leave in WAYS.items():
        probes = world.probes(name)
        assert [what for what, opens in probes.items() if not opens()] == [], f"{name} has these to begin with"
        leave(world, name)
        left_at = time.monotonic()
        told |= set(LogoutDelivery.objects.filter(user__username=name).values_list("user__username", flat=True))
        for what, opens in probes.items():
            began = time.monotonic()
            while opens():
                if began - left_at > MAX_SECONDS:
                    late.append(f"{name}: {what}")
                    break
                began = time.monotonic()

    assert late == []
    assert told == {"sync", "scim", "block"}  # nothing is recorded when someone changes the table by hand
