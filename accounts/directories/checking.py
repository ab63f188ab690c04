"""Asks directories about passwords: which server, in which order, and how often."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from accounts.directories import connections
from accounts.directories.answers import Answer, Entry, Judged
from accounts.directories.connections import Connection
from accounts.directories.passwords import password_of
from accounts.models import Directory, User
from verification import limits
from verification.context import Context
from verification.db.ttl_cache import TTLCache

logger = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_AFTER = 30  # seconds for which a server that did not answer is not asked
_down: dict[str, float] = {}  # of this process: address -> when it is asked again, by the monotonic clock


def _load() -> tuple[Directory, ...]:
    return tuple(Directory.objects.order_by("position", "pk"))


_all = TTLCache(_load)


def active() -> tuple[Directory, ...]:
    """Return the directories that are asked, in order. Read for every sign-in, so that no name costs a query more."""
    return tuple(each for each in _all.read() if each.is_active and each.checks_passwords)


def has_password_here(user: User) -> bool:
    """Return whether the password of a user is stored here, without a query."""
    elsewhere = {each.pk for each in _all.read() if each.checks_passwords}
    return user.directory_id is None or user.directory_id not in elsewhere


def forget() -> None:
    """Read the directories again, because one has changed."""
    _all.forget()


def check(directory: Directory, user: User, password: str, context: Context) -> Judged:
    """Check the password of a person of a directory. The person is found by the directory's permanent id.

    Each attempt is counted before the directory is asked, so that a stranger can't make the directory lock the account.
    """
    if not _spend(directory, user.directory_key, context):
        return Judged(answer=Answer.LATER)

    def ask(connection: Connection) -> Judged:
        return _bind(connection, connection.find_by_key(user.directory_key), password)

    return _settled(directory, user.directory_key, _ask(directory, ask), context)


def check_stranger(
    among: Iterable[Directory], name: str, password: str, context: Context
) -> tuple[Directory, Judged] | None:
    """Check the password of someone who is not known here yet, in the first directory that has them.

    None if no directory has them, or only one that doesn't add people. The name stays as entered, because directories
    compare names in their own way.
    """
    silent = None
    for directory in (each for each in among if each.adds_people):
        entry = _ask(directory, lambda connection: connection.find(name))
        if isinstance(entry, Entry):
            return directory, _check_entry(directory, entry, password, context)
        if entry is not None:
            silent = silent or directory
    return (silent, Judged(answer=Answer.AWAY)) if silent else None


def _check_entry(directory: Directory, entry: Entry, password: str, context: Context) -> Judged:
    if not _spend(directory, entry.key, context):
        return Judged(answer=Answer.LATER)
    judged = _ask(directory, lambda connection: _bind(connection, entry, password))
    return _settled(directory, entry.key, judged, context)


class _Unreachable:
    """No server of a directory answered, or its configuration is wrong."""


def _bind(connection: Connection, entry: Entry | None, password: str) -> Judged:
    if entry is None:
        return Judged(answer=Answer.WRONG)
    answer = connection.bind(entry.dn, password)
    return Judged(answer=answer, entry=entry if answer is Answer.RIGHT else None)


def _ask(directory: Directory, question: Callable[[Connection], T]) -> T | _Unreachable:
    """Put a question to the first server that answers."""
    password = password_of(directory)
    if password is None or not connections.is_installed():
        logger.error("directory %s: the password of its service account or python-ldap is missing", directory.pk)
        return _Unreachable()
    for server in _up(directory):
        url = connections.url_of(directory, server)
        try:
            with connections.connected(directory, server) as connection:
                connection.bind_account(password)
                answer = question(connection)
        except connections.Away as error:
            _down[url] = time.monotonic() + RETRY_AFTER
            logger.warning("directory %s: %s did not answer: %s", directory.pk, url, error)
            continue
        except (connections.Misconfigured, connections.TooMany) as error:
            logger.error("directory %s: %s", directory.pk, error)
            return _Unreachable()
        _down.pop(url, None)
        return answer
    return _Unreachable()


def _up(directory: Directory) -> list[str]:
    """Return the servers to ask, in order. Those that did not answer a moment ago would make everyone wait."""
    now = time.monotonic()
    return [each for each in directory.servers if _down.get(connections.url_of(directory, each), 0) <= now]


def _spend(directory: Directory, key: str, context: Context) -> bool:
    return limits.spend_guess(
        "directory.password",
        f"{directory.pk} {key}",
        most=directory.max_failures,
        window=timedelta(minutes=directory.failure_minutes),
        now=context.now,
    ).is_open


def _settled(directory: Directory, key: str, judged: Judged | _Unreachable, context: Context) -> Judged:
    """Forget the guesses after a correct password, and undo the count of an attempt that nobody answered.

    A locked account says nothing about the password.
    """
    if isinstance(judged, _Unreachable):
        judged = Judged(answer=Answer.AWAY)
    if judged.answer not in {Answer.WRONG, Answer.LOCKED}:
        limits.forget_guesses(
            "directory.password",
            f"{directory.pk} {key}",
            window=timedelta(minutes=directory.failure_minutes),
            now=context.now,
            only_last=judged.answer is Answer.AWAY,
        )
    return judged
