"""The database wrapper that Django looks for under this name."""

import select
import threading
import time
from typing import Any

import psycopg
from django.db import DatabaseError
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool, PoolTimeout

_ASK_AGAIN = 30  # seconds for which the reason is remembered, so that an outage causes no connections of its own


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes connections from the pool that the server has not cut meanwhile.

    The pool's own check asks the server each time that a connection is lent, which is a round trip a request and two
    a message. A connection that was cut has something to read: only that one is asked.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Give a connection that works. Errors: psycopg's, with the server's reason, when there is none to be had."""
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout as timeout:
                raise psycopg.OperationalError(_reasons.of(conn_params) or str(timeout)) from None
            if self.pool is None or _works(connection):
                return connection
            self.pool.putconn(connection)  # it is closed, so the pool makes another


class _Reasons:
    """Learns why the pool has no connection. The pool itself only knows that it waited in vain."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason, self._asked_at = "", 0.0

    def of(self, conn_params: dict[str, Any]) -> str:
        """Ask the server once, without the pool; empty when it would take a connection."""
        with self._lock:
            if time.monotonic() - self._asked_at > _ASK_AGAIN or not self._asked_at:
                self._reason = self._ask(conn_params)
                self._asked_at = time.monotonic()
            return self._reason

    @staticmethod
    def _ask(conn_params: dict[str, Any]) -> str:
        plain = {name: value for name, value in conn_params.items() if name not in {"context", "cursor_factory"}}
        try:
            psycopg.connect(**plain | {"connect_timeout": 2}).close()
        except psycopg.Error as error:
            return " ".join(str(error).split())
        return ""


_reasons = _Reasons()


def _works(connection: "psycopg.Connection[Any]") -> bool:
    """Tell whether a connection is of use; one that is not is closed."""
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):
            ConnectionPool.check_connection(connection)
    except (psycopg.Error, DatabaseError, OSError):
        connection.close()
        return False
    return True
