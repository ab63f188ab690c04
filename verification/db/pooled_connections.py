"""Connections of the pool, of which there are fewer than threads: whether this thread has one, and giving it back."""

from django.db import connection


def has_connection() -> bool:
    """Return whether this thread has a connection that others may be waiting for."""
    return connection.connection is not None and bool(connection.settings_dict["OPTIONS"].get("pool"))


def give_back() -> None:
    """Return this thread's connection to the pool before it waits for something else. A transaction keeps it."""
    if has_connection() and not connection.in_atomic_block:
        connection.close()
