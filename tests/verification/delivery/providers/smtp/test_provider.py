"""Tests of sending email over a real connection to a server that accepts, refuses or hangs up."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.core import mail

from verification.delivery.provider_interface import Callback, Forged, Outgoing, ResponseLost, SendRefused
from verification.delivery.providers.smtp.provider import provider
from verification.models.messages import Channel, FailureReason


@dataclass
class FakeSmtpServer:
    """A mail server of one conversation; `answers` replaces what it says to a command."""

    answers: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    port: int = 0

    def serve(self, listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection, connection.makefile("rw", newline="\r\n") as line:
            self._say(line, "220 here")
            while text := line.readline().strip():
                self.heard.append(text)
                verb = text.split(" ")[0].split(":")[0].upper()
                answer = self.answers.get(verb, "354 go on" if verb == "DATA" else "250 fine")
                if not answer:
                    return
                self._say(line, answer)
                if verb == "DATA" and answer.startswith("354"):
                    self._body(line)
                if verb == "QUIT":
                    return

    def _body(self, line: Any) -> None:
        while (text := line.readline().rstrip("\r\n")) != ".":
            self.heard.append(text)
        self._say(line, self.answers.get(".", "250 taken"))

    @staticmethod
    def _say(line: Any, text: str) -> None:
        line.write(f"{text}\r\n")
        line.flush()


@pytest.fixture
def server(settings: Any) -> Iterator[Callable[..., FakeSmtpServer]]:
    listener = socket.create_server(("127.0.0.1", 0))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", listener.getsockname()[1], 2
    threads: list[threading.Thread] = []

    def start(**answers: str) -> FakeSmtpServer:
        made = FakeSmtpServer(
            {verb.rstrip("_").upper() if verb != "end" else ".": text for verb, text in answers.items()}
        )
        threads.append(threading.Thread(target=made.serve, args=(listener,)))
        threads[-1].start()
        return made

    yield start
    for thread in threads:
        thread.join(5)
    listener.close()


def _mail() -> Outgoing:
    return Outgoing(
        id="a" * 32,
        kind=Channel.MAIL,
        to="ana@example.org",
        words="Something happened.",
        subject="News",
        language="en",
        useful_until=datetime(2030, 1, 1, tzinfo=UTC),
        receipt_url="",
        keys_url="",
    )


def test_hands_a_mail_to_the_server(server: Callable[..., FakeSmtpServer]) -> None:
    made = server()

    provider.send(_mail())

    assert "Subject: News" in made.heard
    assert "Something happened." in made.heard
    assert "rcpt TO:<ana@example.org>" in made.heard


def test_reference_is_whole_and_found_in_the_message_id(server: Callable[..., FakeSmtpServer]) -> None:
    """Seen failing: it was cut off, because it had the time, two numbers and the host's name as well."""
    made = server()

    reference = provider.send(_mail())

    [header] = [line for line in made.heard if line.startswith("Message-ID: ")]
    assert header == f"Message-ID: <{reference}@{mail.DNS_NAME}>"
    assert reference.startswith("a" * 16)


def test_name_of_our_host_is_looked_up_once(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Seen failing: each email asked the name server, and waited where that is slow."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert str(mail.DNS_NAME)
    monkeypatch.setattr(socket, "getfqdn", pytest.fail)

    assert provider.send(_mail())


def test_says_for_good_that_an_address_is_refused(server: Callable[..., FakeSmtpServer]) -> None:
    server(rcpt="550 no such mailbox")

    with pytest.raises(SendRefused) as refusal:
        provider.send(_mail())

    assert (refusal.value.reason, refusal.value.permanent) == (FailureReason.INVALID_NUMBER, True)


@pytest.mark.parametrize("to", ['"a\x0cb"@example.org', "a@\uffff.com", f"a@{'ä' * 60}.com"])
def test_says_for_good_that_no_mail_can_be_written_to_an_address(to: str, settings: Any) -> None:
    """A form takes each of these. Seen as a fault of the server, which was then passed over for everyone's mail."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    forms.EmailField().clean(to)

    with pytest.raises(SendRefused) as refusal:
        provider.send(replace(_mail(), to=to))

    assert (refusal.value.reason, refusal.value.permanent) == (FailureReason.INVALID_NUMBER, True)


@pytest.mark.parametrize(
    ("to", "written"),
    [
        ("a@exämple.org", "a@xn--exmple-cua.org"),
        ("a@例え.jp", "a@xn--r8jz45g.jp"),
        ("a@faß.example", "a@xn--fa-hia.example"),  # not fass.example, which may be another's
        ("a@σίσυφος.gr", "a@xn--kxa6ajbbmh.gr"),
        ("a@xn--fa-hia.example", "a@xn--fa-hia.example"),
        ("o'brien+x@example.org", "o'brien+x@example.org"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"),
    ],
)
def test_writes_to_hosts_of_any_script(to: str, written: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    provider.send(replace(_mail(), to=to))

    assert mail.outbox[-1].message()["To"] == written


@pytest.mark.parametrize("answer", [{"mail": "451 try later"}, {"rcpt": "450 4.2.1 greylisted"}])
def test_says_that_a_busy_server_may_be_asked_again(
    answer: dict[str, str], server: Callable[..., FakeSmtpServer]
) -> None:
    """Seen failing: a recipient that the server greylisted never got the email."""
    server(**answer)

    with pytest.raises(SendRefused) as refusal:
        provider.send(_mail())

    assert not refusal.value.permanent


def test_does_not_know_when_the_line_breaks(server: Callable[..., FakeSmtpServer]) -> None:
    server(data="")

    with pytest.raises(ResponseLost):
        provider.send(_mail())


def test_says_that_nobody_is_there(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    with pytest.raises(SendRefused) as refusal:
        provider.send(_mail())

    assert (refusal.value.reason, refusal.value.permanent) == (FailureReason.PROVIDER_DOWN, False)
    assert not provider.probe()


def test_refuses_every_callback() -> None:
    with pytest.raises(Forged):
        provider.parse(Callback("", {}, b"", "receipt", "a"))
