"""Tests with a real Dovecot, configured from `deploy/`: only an app password opens a mailbox."""

import imaplib
import time
from pathlib import Path

import pytest

from mfasite.demo import users_and_password
from mfasite.demo.child_processes import Crew
from mfasite.demo.launcher import Stack
from tests.accounts.integrations.conftest import DovecotServer, SignedInDemoUser, start_dovecot

pytestmark = [pytest.mark.services, pytest.mark.stack, pytest.mark.slow]


@pytest.fixture(scope="session")
def key(administrator: SignedInDemoUser) -> str:
    """Return the key of a mail service."""
    return administrator.build("dovecot", "mail")


@pytest.fixture
def mailbox(stack: Stack, key: str, room: Path, servers: Crew) -> DovecotServer:
    """Return a running Dovecot that accepts sign-ins."""
    return start_dovecot(stack, room, servers, key)


def test_opens_a_mailbox_with_an_app_password(mailbox: DovecotServer, visitor: SignedInDemoUser) -> None:
    secret = visitor.make("mail")

    assert mailbox.opens("cleo", secret)
    assert mailbox.opens("CLEO", secret.replace(" ", "").upper())

    visitor.browser.go("/app-passwords/")
    assert "from 127.0.0.1 with IMAP" in visitor.browser.follow("for mail")


def test_refuses_the_normal_password(mailbox: DovecotServer, visitor: SignedInDemoUser) -> None:
    assert not mailbox.opens("cleo", users_and_password.PASSWORD)
    assert not mailbox.opens("nobody", users_and_password.PASSWORD)


def test_refuses_an_app_password_for_something_else(mailbox: DovecotServer, visitor: SignedInDemoUser) -> None:
    assert not mailbox.opens("cleo", visitor.make("files"))
    assert not mailbox.opens("cleo", visitor.make("mail", network="192.0.2.0/24"))
    assert not mailbox.opens("cleo:x", visitor.make("mail"))


def test_refuses_it_within_ten_seconds_of_its_deletion(mailbox: DovecotServer, visitor: SignedInDemoUser) -> None:
    secret = visitor.make("mail")
    assert mailbox.opens("cleo", secret)

    visitor.delete_all()
    deleted_at = time.monotonic()

    assert not mailbox.opens("cleo", secret)
    assert time.monotonic() - deleted_at < 10


def test_says_later_and_not_wrong_while_it_is_not_known(
    stack: Stack, room: Path, servers: Crew, visitor: SignedInDemoUser
) -> None:
    mailbox = start_dovecot(stack, room, servers, "a" * 48)

    with pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"):
        mailbox.opens("cleo", visitor.make("mail"))

    assert "the service answered 403" in mailbox.log.read_text()
