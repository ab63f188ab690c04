"""The database backend. Django looks for it under this module name."""

import select
import threading
import time
from typing import Any

import psycopg
from django.db import DatabaseError
from django.db.backends.postgresql import base
from psycopg import _queries
from psycopg_pool import ConnectionPool, PoolTimeout

# Psycopg finds the places of values in a statement once, but each time if there are more than 50. The two statements
# that end the steps of a sign-in have up to 70. It fails here if psycopg has renamed its limit.
_queries.MAX_CACHED_STATEMENT_PARAMS = max(_queries.MAX_CACHED_STATEMENT_PARAMS, 100)

_ASK_AGAIN_SECONDS = 30  # how long a failed check is remembered, so that an outage does not cause more connections
_WAIT_WHILE_DOWN = 0.1  # seconds; enough for a new connection once the server is back


class DatabaseWrapper(base.DatabaseWrapper):
    """Take only connections from the pool that the server has not closed.

    The pool's own check asks the server each time it lends a connection, which costs a round trip per request and two
    per message. A closed connection has data to read: only such a connection is checked.
    While the server is down, nobody waits long for the pool: all threads would wait, and the proxy would give up.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a working connection. Errors: psycopg's, with the server's reason, if there is none."""
        while True:
            try:
                connection = super().get_new_connection(conn_params)
            except PoolTimeout as timeout:
                reason = _reasons.of(conn_params)
                if reason:
                    self.pool.timeout = _WAIT_WHILE_DOWN
                raise psycopg.OperationalError(reason or str(timeout)) from None
            if self.pool is None or _works(connection):
                self._end_outage()
                return connection
            self.pool.putconn(connection)  # it is closed, so the pool opens another

    def _end_outage(self) -> None:
        if self.pool is not None and self.pool.timeout == _WAIT_WHILE_DOWN:
            self.pool.timeout = self.settings_dict["OPTIONS"]["pool"]["timeout"]
            _reasons.forget()


class _Reasons:
    """Finds out why the pool has no connection. The pool itself only knows that it timed out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason, self._asked_at = "", 0.0

    def of(self, conn_params: dict[str, Any]) -> str:
        """Ask the server once, without the pool. Empty if it would accept a connection."""
        with self._lock:
            if time.monotonic() - self._asked_at > _ASK_AGAIN_SECONDS or not self._asked_at:
                self._reason = self._ask(conn_params)
                self._asked_at = time.monotonic()
            return self._reason

    def forget(self) -> None:
        """Ask again at the next timeout, because the server is back."""
        with self._lock:
            self._asked_at = 0.0

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
    """Return whether a connection works. One that does not is closed."""
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN)
        if poll.poll(0):
            ConnectionPool.check_connection(connection)
    except (psycopg.Error, DatabaseError, OSError):
        connection.close()
        return False
    return True
