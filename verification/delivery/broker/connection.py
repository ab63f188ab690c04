"""Connections to Redis, in the few lines that we need of a client. A whole client costs each process seven megabytes.

hiredis packs the commands and reads the replies. Threads take a connection from a stack and put it back.
"""

import os
import socket
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import hiredis

from verification.delivery.broker import address
from verification.delivery.broker.address import BrokerAddress, Login, Sentinels

_MAX_BYTES_AT_ONCE = 65_536
Command = tuple[str | int | float, ...]
# Errors that pass: the broker is starting, or it is no longer the master.
_PASSING = ("LOADING", "READONLY", "MASTERDOWN")


class Unreachable(OSError):
    """The broker doesn't answer, or refuses us."""


@dataclass
class _Connection:
    """One connection. It belongs to one thread at a time, and to the process that made it."""

    wire: socket.socket
    reader: hiredis.Reader = field(default_factory=hiredis.Reader)
    process: int = field(default_factory=os.getpid)

    def ask(self, commands: tuple[Command, ...]) -> list[Any]:
        """Send commands in one go and return their replies. Errors: `OSError`, `hiredis.HiredisError`."""
        packed = (hiredis.pack_command(command) for command in commands)  # type: ignore[arg-type]  # any length
        self.wire.sendall(b"".join(packed))
        return [self._reply() for _ in commands]

    def _reply(self) -> Any:
        while (found := self.reader.gets()) is False:
            data = self.wire.recv(_MAX_BYTES_AT_ONCE)
            if not data:
                raise ConnectionResetError("the broker closed the connection")
            self.reader.feed(data)
        if isinstance(found, hiredis.ReplyError):
            raise found
        return found


_idle: list[_Connection] = []


def ask(*commands: Command) -> list[Any]:
    """Send commands to the broker in one go and return their replies.

    An idle connection that the broker closed is replaced. A command may arrive twice, so it must be safe to repeat.
    Errors: `Unreachable`, within the timeouts of the settings.
    """
    try:
        try:
            return _ask(_taken() or _connect(), commands)
        except (ConnectionError, hiredis.ReplyError) as error:
            if isinstance(error, hiredis.ReplyError) and not str(error).startswith(_PASSING):
                raise
            forget()
            return _ask(_connect(), commands)
    except Unreachable:
        raise
    except (OSError, hiredis.HiredisError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def is_reachable() -> bool:
    """Return whether the broker answers. Errors: `Unreachable`."""
    [answer] = ask(("PING",))
    return bool(answer == b"PONG")


def forget() -> None:
    """Close the idle connections."""
    while connection := _taken():
        connection.wire.close()


def _taken() -> _Connection | None:
    try:
        while (connection := _idle.pop()).process != os.getpid():
            connection.wire.close()  # our copy of one that belongs to the process we were forked from
    except IndexError:
        return None
    return connection


def _ask(connection: _Connection, commands: tuple[Command, ...]) -> list[Any]:
    try:
        replies = connection.ask(commands)
    except BaseException:
        connection.wire.close()  # its replies would answer the wrong commands
        raise
    _idle.append(connection)
    return replies


def _connect() -> _Connection:
    where = address.read()
    if isinstance(where, BrokerAddress):
        return _open(where)
    return _open(where.broker, *_master(where))


def _master(sentinels: Sentinels) -> tuple[str, int]:
    """Ask the sentinels, one after another, where the broker is. Errors: `Unreachable` if none knows."""
    last: Exception | None = None
    for each in sentinels.addresses:
        try:
            with closing((connection := _open(each)).wire):
                [found] = connection.ask((("SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinels.master),))
        except (OSError, hiredis.HiredisError) as error:  # it may be down, or refuse the password
            last = error
            continue
        if found:
            host, port = found
            return host.decode(), int(port)
    why = f": {last}" if last else ""
    raise Unreachable(f"no sentinel knows where {sentinels.master} is{why}")


def _open(where: BrokerAddress, host: str = "", port: int = 0) -> _Connection:
    host, port = host or where.host, port or where.port
    try:
        wire = _wire(where, host, port)
    except OSError as error:
        raise Unreachable(f"{where.path or f'{host}:{port}'}: {error}") from error
    try:
        wire.settimeout(where.timeout)
        connection = _Connection(wire)
        if commands := _greeting(where.login, where.database):
            connection.ask(commands)
    except BaseException:
        wire.close()
        raise
    return connection


def _wire(where: BrokerAddress, host: str, port: int) -> socket.socket:
    wire = (
        socket.socket(socket.AF_UNIX) if where.path else socket.create_connection((host, port), where.connect_timeout)
    )
    try:
        if where.path:
            wire.settimeout(where.connect_timeout)
            wire.connect(where.path)
            return wire
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.settimeout(where.timeout)
        return where.tls.wrap_socket(wire, server_hostname=host) if where.tls else wire
    except BaseException:
        wire.close()
        raise


def _greeting(login: Login, database: int) -> tuple[Command, ...]:
    commands: list[Command] = []
    if login.password:
        commands.append(("AUTH", *filter(None, [login.username]), login.password))
    if database:
        commands.append(("SELECT", database))
    return tuple(commands)
