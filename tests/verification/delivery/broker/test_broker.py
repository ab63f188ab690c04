"""Tests of the connection to the broker against a real one, and that Celery understands what we put on its queues."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.worker.request import Request
from django.test import override_settings

from mfasite.celery import app
from verification.delivery import broker as brokers
from verification.delivery.broker import Unreachable, address, connection, publishing_celery_messages
from verification.delivery.broker.address import BrokerAddress, Login, Sentinels

OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.3, "global_keyprefix": "p:", "master_name": "main"}


def read_address(url: str, **more: Any) -> BrokerAddress | Sentinels:
    with override_settings(CELERY_BROKER_URL=url, CELERY_BROKER_TRANSPORT_OPTIONS=OPTIONS, **more):
        return address.read()


def test_worker_takes_a_task_as_if_celery_had_sent_it(broker: str) -> None:
    """Read with Kombu's own channel and Celery's own request, field by field with one that Celery sends."""
    brokers.push("texts", "verification.delivery.tasks.deliver", message_id=17)
    app.send_task("verification.delivery.tasks.deliver", kwargs={"message_id": 17}, queue="texts")

    with app.connection_for_read() as line:
        channel: Any = line.default_channel
        ours, theirs = (channel.basic_get("texts", no_ack=True) for _ in range(2))

    app.loader.import_default_modules()
    requests = [
        Request(
            each,
            app=app,
            task=app.tasks["verification.delivery.tasks.deliver"],
            headers=dict(each.headers),
            decoded=False,
        )
        for each in (ours, theirs)
    ]
    assert [each.kwargs for each in requests] == [{"message_id": 17}] * 2
    assert ours.content_type == theirs.content_type
    assert ours.content_encoding == theirs.content_encoding
    assert set(ours.properties) == set(theirs.properties)
    assert json.loads(ours.body)[0] == json.loads(theirs.body)[0]
    assert set(theirs.headers) - set(ours.headers) == {
        "shadow",
        "group_index",
        "replaced_task_nesting",
        "stamped_headers",
        "stamps",
    }  # of Celery's workflows, which need not be there
    assert ours.headers["root_id"] == ours.headers["id"] == ours.properties["correlation_id"]


def test_prefix_separates_those_who_share_a_broker(broker: str) -> None:
    brokers.push("texts", "a.task", message_id=1)

    [there] = connection.ask(("LLEN", f"{broker}texts"))
    assert there == 1
    assert brokers.depths(["texts", "calls"]) == [1, 0]


def test_replaces_a_connection_that_the_broker_closed(broker: str) -> None:
    brokers.is_reachable()
    [idle] = connection._idle
    with socket.socket(fileno=os.dup(idle.wire.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)  # as the kernel does when the broker ends

    brokers.push("texts", "a.task", message_id=1)

    assert brokers.depths(["texts"]) == [1]


def test_connection_of_the_parent_is_not_used_by_its_child(broker: str) -> None:
    brokers.is_reachable()
    [parents] = connection._idle
    parents.process = os.getppid()  # as after a fork

    assert brokers.is_reachable()

    assert parents not in connection._idle


def test_each_thread_has_its_own(broker: str) -> None:
    """Seen failing with one connection for all: replies went to the wrong thread."""
    gate, wrong = threading.Barrier(8), list[int]()

    def one(n: int) -> None:
        gate.wait()
        for at in range(50):
            [echo] = connection.ask(("ECHO", f"{n}-{at}"))
            if echo != f"{n}-{at}".encode():
                wrong.append(n)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert len(connection._idle) <= 8


@contextmanager
def listener(answer: bytes) -> Iterator[str]:
    """Accept one connection after the other, answer each once with the same bytes, and say nothing more."""
    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    wire, _ = server.accept()
                    lines.append(wire)
                    wire.recv(1000)
                    if answer:
                        wire.sendall(answer)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for line in lines:
        line.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"-NOAUTH Authentication required.\r\n", b"-READONLY You can't write.\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"],
    ids=["silent", "wants a password", "no longer the master", "no Redis"],
)
def test_a_broker_that_is_no_use_is_given_up_within_a_second(answer: bytes) -> None:
    connection.forget()
    with listener(answer) as url, override_settings(CELERY_BROKER_URL=url, CELERY_BROKER_TRANSPORT_OPTIONS=OPTIONS):
        begun = time.monotonic()

        with pytest.raises(Unreachable):
            brokers.push("texts", "a.task", message_id=1)

    assert time.monotonic() - begun < 1
    assert connection._idle == []


# Addresses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "login", "database"),
    [
        ("redis://broker/0", "broker", 6379, "", Login(), 0),
        ("redis://:pa%2Fss@[::1]:7000/3", "::1", 7000, "", Login("", "pa/ss"), 3),
        ("redis://us%40er:pw@broker", "broker", 6379, "", Login("us@er", "pw"), 0),
        ("redis+socket:///run/a%20b/broker.sock?virtual_host=2", "", 6379, "/run/a b/broker.sock", Login(), 2),
    ],
)
def test_reads_a_broker_address(url: str, host: str, port: int, path: str, login: Login, database: int) -> None:
    found = read_address(url)

    assert isinstance(found, BrokerAddress)
    assert (found.host, found.port, found.path, found.login, found.database) == (host, port, path, login, database)
    assert found.tls is None


def test_tls_checks_the_name_unless_the_address_says_otherwise() -> None:
    safe, unsafe = read_address("rediss://broker/0"), read_address("rediss://broker/0?ssl_cert_reqs=none")

    assert isinstance(safe, BrokerAddress)
    assert isinstance(unsafe, BrokerAddress)
    assert safe.tls
    assert unsafe.tls
    assert (safe.tls.check_hostname, unsafe.tls.check_hostname) == (True, False)


def test_reads_sentinels_with_their_own_password() -> None:
    options = OPTIONS | {"sentinel_kwargs": {"password": "theirs"}}
    url = "sentinel://:ours@a:26379/1;sentinel://:ours@b/1"
    with override_settings(CELERY_BROKER_URL=url, CELERY_BROKER_TRANSPORT_OPTIONS=options):
        found = address.read()

    assert isinstance(found, Sentinels)
    assert [(each.host, each.port, each.login.password) for each in found.addresses] == [
        ("a", 26379, "theirs"),
        ("b", 26379, "theirs"),
    ]
    assert (found.master, found.broker.login.password, found.broker.database) == ("main", "ours", 1)


def test_no_password_is_shown() -> None:
    assert "secret" not in repr(read_address("redis://user:secret@broker/0"))


def test_arguments_are_in_the_body_only() -> None:
    with override_settings(CELERY_BROKER_TRANSPORT_OPTIONS=OPTIONS):
        told = publishing_celery_messages.envelope("texts", "a.task", {"message_id": 4711})

    assert "4711" not in json.dumps(told | {"body": ""})
