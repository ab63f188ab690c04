"""Services that check app passwords, for tests."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from django.contrib.auth.hashers import BasePasswordHasher
from django.utils import timezone

from accounts import app_passwords
from accounts.app_passwords import CheckedAppPassword, CheckRequest
from accounts.models import Service, User
from verification.context import Context

HOME = "192.0.2.7"


@dataclass(frozen=True)
class AppPasswordService:
    """A service with its key, and the network its users come from."""

    service: Service
    key: str
    network: str = HOME

    def seen_from(self, network: str) -> "AppPasswordService":
        """Return the same service, used from another network."""
        return replace(self, network=network)

    def knock(self, name: str, password: str, *, protocol: str = "imap") -> CheckedAppPassword:
        """Check a username and a password."""
        return app_passwords.check(
            CheckRequest(
                service=self.service,
                username=name,
                password=password,
                network=self.network,
                protocol=protocol,
                now=timezone.now(),
            )
        )

    def opens(self, name: str, password: str) -> bool:
        return self.knock(name, password).is_right


def build(slug: str, *, program: str, **fields: object) -> AppPasswordService:
    """Create a service and its key."""
    service = Service(slug=slug, name=slug.title(), program=program, **fields)
    key = app_passwords.new_service_key(service, Context(now=timezone.now()), actor_id=None)
    return AppPasswordService(service, key)


def owner(key: str, *, network: str = HOME) -> Service | None:
    """Return the service that has a key, which is shown from a network."""
    return app_passwords.service_of(key, Context(now=timezone.now(), network=network))


def make(user: User, *, name: str = "old laptop", program: str = "mail", **bounds: object) -> str:
    """Create an app password without HTTP."""
    context = Context(now=timezone.now(), network=HOME)
    return app_passwords.issue(user, context, name=name, program=program, **bounds)  # type: ignore[arg-type]  # a test's


@pytest.fixture(autouse=True)
def _no_keys_kept() -> Iterator[None]:
    """Clear the service cache, which another test may have filled."""
    app_passwords.service_keys._services.forget()
    yield
    app_passwords.service_keys._services.forget()


@pytest.fixture
def mail(db: None) -> AppPasswordService:
    """The organisation's mail server."""
    return build("mail", program="mail", upstream_host="127.0.0.1", upstream_port=143)


@pytest.fixture
def files(db: None) -> AppPasswordService:
    """The organisation's file server."""
    return build("files", program="files")


@pytest.fixture
def strict(db: None) -> AppPasswordService:
    """A mail server that accepts nobody's normal password."""
    return build("strict", program="mail", takes_password=False)


@pytest.fixture
def no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every password hash fail, to show that none was needed."""

    def hash_anyway(*_: object, **__: object) -> None:
        raise AssertionError("a password was hashed")

    for cls in (BasePasswordHasher, *BasePasswordHasher.__subclasses__()):
        monkeypatch.setattr(cls, "encode", hash_anyway)
        monkeypatch.setattr(cls, "verify", hash_anyway)
