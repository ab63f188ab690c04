"""Services that ask about app passwords, as the tests knock at them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from django.contrib.auth.hashers import BasePasswordHasher
from django.utils import timezone

from accounts import app_passwords
from accounts.app_passwords import Ask, Checked
from accounts.models import Service, User
from verification.context import Context

HOME = "192.0.2.7"


@dataclass(frozen=True)
class Door:
    """A service with its key, and where its callers come from."""

    service: Service
    key: str
    network: str = HOME

    def seen_from(self, network: str) -> "Door":
        """Give the same door as somebody elsewhere finds it."""
        return replace(self, network=network)

    def knock(self, name: str, password: str, *, protocol: str = "imap") -> Checked:
        """Ask whether a name and a password belong together."""
        return app_passwords.check(
            Ask(
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


def build(slug: str, *, program: str, **fields: object) -> Door:
    """Make a service and its key."""
    service = Service(slug=slug, name=slug.title(), program=program, **fields)
    key = app_passwords.new_service_key(service, Context(now=timezone.now()), actor_id=None)
    return Door(service, key)


def make(user: User, *, name: str = "old laptop", program: str = "mail", **bounds: object) -> str:
    """Make an app password beside HTTP."""
    context = Context(now=timezone.now(), network=HOME)
    return app_passwords.issue(user, context, name=name, program=program, **bounds)  # type: ignore[arg-type]  # a test's


@pytest.fixture(autouse=True)
def _no_keys_kept() -> Iterator[None]:
    """Forget the services that another test's database held."""
    app_passwords.services._services.forget()
    yield
    app_passwords.services._services.forget()


@pytest.fixture
def mail(db: None) -> Door:
    """Give the organisation's mail server."""
    return build("mail", program="mail", upstream_host="127.0.0.1", upstream_port=143)


@pytest.fixture
def files(db: None) -> Door:
    """Give the organisation's file server."""
    return build("files", program="files")


@pytest.fixture
def strict(db: None) -> Door:
    """Give a mail server that takes nobody's normal password."""
    return build("strict", program="mail", takes_password=False)


@pytest.fixture
def no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each password hash fail: whoever gets through needed none."""

    def hash_anyway(*_: object, **__: object) -> None:
        raise AssertionError("a password was hashed")

    for cls in (BasePasswordHasher, *BasePasswordHasher.__subclasses__()):
        monkeypatch.setattr(cls, "encode", hash_anyway)
        monkeypatch.setattr(cls, "verify", hash_anyway)
