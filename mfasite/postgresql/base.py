"""The database wrapper that Django looks for under this name."""

import select
from typing import Any

import psycopg
from django.db import DatabaseError
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes connections from the pool that the server has not cut meanwhile.

    The pool's own check asks the server each time that a connection is lent, which is a round trip a request and two
    a message. A connection that was cut has something to read: only that one is asked.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Give a connection that works. Errors: those of the pool when the server is away."""
        while True:
            connection = super().get_new_connection(conn_params)
            if self.pool is None or _works(connection):
                return connection
            self.pool.putconn(connection)  # it is closed, so the pool makes another


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
