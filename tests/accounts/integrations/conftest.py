"""Fixtures: real servers in front of the running service, configured from `deploy/`, and users who visit its pages."""

import contextlib
import grp
import imaplib
import os
import pwd
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest

from mfasite.demo import child_processes, users_and_password
from mfasite.demo.child_processes import BASE_DIR, Crew
from mfasite.demo.launcher import Stack
from tests.infrastructure import fresh_process
from tests.real_programs.ports import free_port
from tests.simulated.http_browser import Browser, NetworkResponse, Page

DEPLOY = BASE_DIR / "deploy"
SERVICE = "https://mfa.example.org"  # our URL in the files of `deploy/`


@dataclass
class SocketClient:
    """Like Django's test client, but over a socket: it keeps cookies and follows redirects."""

    url: str
    jar: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.jar))

    @property
    def cookies(self) -> dict[str, Any]:
        return {cookie.name: cookie for cookie in self.jar}

    def get(self, address: str, sent: Mapping[str, str] | None = None, *, follow: bool = True) -> NetworkResponse:
        return self._ask(address + (f"?{urlencode(sent)}" if sent else ""), None)

    def post(self, address: str, sent: Mapping[str, str], *, follow: bool = True) -> NetworkResponse:
        return self._ask(address, urlencode(sent).encode())

    def _ask(self, address: str, body: bytes | None) -> NetworkResponse:
        request = Request(urljoin(self.url, address), body)  # noqa: S310  (our own service)
        try:
            answer = self._opener.open(request, timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            at = urlsplit(answer.url)
            where = {"PATH_INFO": at.path, "QUERY_STRING": at.query}
            return NetworkResponse(answer.status, answer.read(), dict(answer.headers), where)


@dataclass
class SignedInDemoUser:
    """A demo user, signed in with the authenticator app."""

    name: str
    stack: Stack
    browser: Browser

    def make(self, program: str, **bounds: str) -> str:
        """Create an app password and read it from the page."""
        self.browser.go("/app-passwords/make/")
        page = self.browser.press("Create app password", program=program, name=f"for {program}", **bounds)
        return _read(r'<code id="app-password"[^>]*>([a-z2-7 ]{29})</code>', page)

    def delete_all(self) -> None:
        """Delete all app passwords on the page."""
        self.browser.go("/app-passwords/delete/")
        assert "Deleted." in self.browser.press("Delete")

    def build(self, slug: str, program: str, **fields: str) -> str:
        """Create a service in the admin and read its key from the page."""
        at = "/admin/accounts/service/add/"
        given = {"slug": slug, "name": slug.title(), "program": program, "is_active": "on", "takes_password": "on"}
        return _read(r'<code id="key-\d+">([a-z2-7]{48})</code>', self.browser.save(at, **given | fields))


def _read(pattern: str, page: Page) -> str:
    found = re.search(pattern, page.html)
    assert found, page
    return found[1]


def _sign_in(stack: Stack, name: str) -> SignedInDemoUser:
    browser = Browser()
    browser.client = SocketClient(stack.url)  # type: ignore[assignment]  # does what the browser needs of it
    browser.go("/sign-in/")
    browser.press("Sign in", username=name, password=users_and_password.PASSWORD)
    browser.press("Verify", code=fresh_process.manage("demo_code", name, **stack.environment).stdout.strip())
    assert browser.go("/app-passwords/").path == "/app-passwords/", browser.page
    return SignedInDemoUser(name, stack, browser)


@pytest.fixture(scope="session")
def administrator(stack: Stack) -> SignedInDemoUser:
    """The administrator."""
    return _sign_in(stack, "fay")


@pytest.fixture(scope="session")
def _cleo_signed_in(stack: Stack) -> SignedInDemoUser:
    return _sign_in(stack, "cleo")


@pytest.fixture
def visitor(_cleo_signed_in: SignedInDemoUser) -> Iterator[SignedInDemoUser]:
    """A user with an authenticator app and, at the start, no app passwords."""
    yield _cleo_signed_in
    _cleo_signed_in.delete_all()


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that servers can reach under their own accounts, with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="two-step-", dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def servers(room: Path) -> Iterator[Crew]:
    """A crew for the test's own servers."""
    with child_processes.crew(room, os.environ) as crew:
        yield crew


def deployed(name: str, changes: Mapping[str, str]) -> str:
    """Return a file of `deploy/` with this machine's addresses instead of the example's."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{name} says nothing of {old!r}"
        text = text.replace(old, new)
    assert SERVICE not in text, f"{name} still asks {SERVICE}"
    return text


def address(stack: Stack) -> str:
    """Return the running service's address for a server on this machine."""
    return f"http://127.0.0.1:{urlsplit(stack.url).port}"


def program(name: str) -> str:
    """Return a server's program. Without it the tests fail: they do not pretend to have run."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is not installed; .ci/run says what to install"
    return found


def account(name: str) -> str:
    """Return the account that a server switches to. Anyone but root can only use their own."""
    return name if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def speaks(port: int, greeting: bytes = b"") -> bool:
    """Return whether a server answers on a port, with its greeting if it sends one."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as probe:
        return not greeting or probe.recv(64).startswith(greeting)
    return False


@dataclass(frozen=True)
class DovecotServer:
    """A Dovecot that checks passwords with the running service."""

    port: int
    log: Path

    def opens(self, name: str, password: str) -> bool:
        """Open the inbox over IMAP."""
        return opens_inbox(self.port, name, password)


def opens_inbox(port: int, name: str, password: str) -> bool:
    """Sign in over IMAP, open the inbox and leave; false when the server refuses.

    Errors: imaplib's own when the answer is neither yes nor no.
    """
    box = imaplib.IMAP4("127.0.0.1", port, timeout=30)
    try:
        box.login(name, password)
        return box.select("INBOX")[0] == "OK"
    except imaplib.IMAP4.error as error:
        if re.search("AUTHENTICATIONFAILED|Invalid login", str(error)):
            return False
        raise
    finally:
        box.shutdown()


_DOVECOT = """\
base_dir = {room}/run
state_dir = {room}/state
log_path = {room}/dovecot.log
protocols = imap
ssl = no
disable_plaintext_auth = no
default_login_user = {login}
default_internal_user = {internal}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{room}/mail/%u
userdb {{
  driver = static
  args = uid={internal} gid={group} home={room}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
!include {room}/two-step.conf
"""


def start_dovecot(stack: Stack, room: Path, servers: Crew, key: str) -> DovecotServer:
    """Start a Dovecot on a free port, set up by the files of `deploy/`."""
    internal, port = account("dovecot"), free_port()
    group = grp.getgrgid(pwd.getpwnam(internal).pw_gid).gr_name
    script, key_file = room / "two-step.lua", room / "two-step.key"
    ours = {SERVICE: address(stack), "/etc/dovecot/two-step.key": str(key_file)}
    script.write_text(deployed("dovecot-two-step.lua", ours), encoding="utf-8")
    key_file.write_text(f"{key}\n")
    key_file.chmod(0o640)
    shutil.chown(key_file, group=group)
    place = {"/etc/dovecot/two-step.lua": str(script)}
    (room / "two-step.conf").write_text(deployed("dovecot-two-step.conf", place), encoding="utf-8")
    (room / "mail").mkdir()
    shutil.chown(room / "mail", internal, group)
    (room / "dovecot.conf").write_text(
        _DOVECOT.format(room=room, login=account("dovenull"), internal=internal, group=group, port=port)
    )
    servers.start("dovecot", (program("dovecot"), "-F", "-c", str(room / "dovecot.conf")))
    servers.wait("Dovecot", lambda: speaks(port, b"* OK"), seconds=15)
    return DovecotServer(port, room / "dovecot.log")


_NGINX = """\
{root}daemon off;
pid {room}/nginx.pid;
error_log {room}/nginx.log info;
{top}
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {room}/body;
    proxy_temp_path {room}/proxy;
    fastcgi_temp_path {room}/fastcgi;
    uwsgi_temp_path {room}/uwsgi;
    scgi_temp_path {room}/scgi;
{http}
}}
"""


def start_nginx(room: Path, servers: Crew, *, port: int, http: str, top: str = "", greeting: bytes = b"") -> None:
    """Start an nginx for the test."""
    root = "user www-data;\n" if os.geteuid() == 0 else ""
    conf = room / "nginx.conf"
    conf.write_text(_NGINX.format(room=room, root=root, http=http, top=top), encoding="utf-8")
    servers.start("nginx", (program("nginx"), "-p", str(room), "-c", str(conf), "-e", str(room / "nginx.log")))
    servers.wait("nginx", lambda: speaks(port, greeting), seconds=15)
