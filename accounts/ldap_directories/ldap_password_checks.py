"""Asks LDAP servers about passwords at a sign-in: which server, and in which order."""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from accounts.ldap_directories import (
    ldap_binds_and_searches,
    lockout_protection,
    requests_at_once,
    server_availability,
    timeouts,
)
from accounts.ldap_directories.ldap_binds_and_searches import Connection
from accounts.ldap_directories.password_result_codes import NotChecked, PasswordResult
from accounts.ldap_directories.person_search import DirectoryEntry
from accounts.ldap_directories.service_account_password import password_of
from accounts.models import Directory, User
from verification.context import Context
from verification.db.ttl_cache import TTLCache

logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The result of a check; `entry` is there if the password was correct."""

    answer: PasswordResult
    entry: DirectoryEntry | None = None

    @property
    def is_told_as_incorrect(self) -> bool:
        """Return whether the person is told only that the username or password is incorrect."""
        return self.answer in {PasswordResult.WRONG, PasswordResult.LOCKED}


def _load() -> tuple[Directory, ...]:
    return tuple(Directory.objects.order_by("position", "pk"))


_all = TTLCache(_load)


def known() -> tuple[Directory, ...]:
    """Return all directories in order, also those that send by SCIM.

    Read for every sign-in, so that no name costs a query more.
    """
    return _all.read()


def forget() -> None:
    """Read the directories again and ask all their servers, because one has changed."""
    _all.forget()
    server_availability.forget()


def deadline() -> float:
    """Return when all questions of a sign-in that begins now must be answered, by the monotonic clock."""
    return time.monotonic() + timeouts.SIGN_IN_TIMEOUT


def check(directory: Directory, user: User, password: str, context: Context, *, until: float) -> Judged:
    """Check the password of a person of a directory. The person is found by the directory's permanent id.

    Each attempt is counted before the directory checks it, so that a stranger can't make it lock the account.
    """
    if not lockout_protection.may_guess(directory, user.directory_key, user.username, context):
        return Judged(answer=PasswordResult.LATER)

    guess = _Guess(directory, password, context)

    def ask(connection: Connection) -> Judged:
        return guess.bind(connection, connection.find_by_key(user.directory_key))

    return _unless_disabled(directory, _or_away(_ask(directory, ask, until=until)), until=until)


def check_stranger(
    among: Iterable[Directory], name: str, password: str, context: Context, *, until: float
) -> tuple[Directory, Judged] | None:
    """Check the password of someone who is not known here yet, in the first directory that has them.

    None if no directory has them, or only one that doesn't add people. The name stays as entered, because directories
    compare names in their own way.
    """
    left, silent = _askable(among), None
    found: tuple[Directory, Judged] | None = None
    for directory in [each for each in left if each.adds_people]:
        left.remove(directory)
        judged = _ask(directory, _finding(directory, name, password, context), until=until)
        if isinstance(judged, Judged):
            found = directory, _unless_disabled(directory, judged, until=until)
            break
        if judged is not None:
            silent = silent or directory
    if found is None and silent is not None:
        return silent, Judged(answer=PasswordResult.AWAY)
    if found is None or found[1].is_told_as_incorrect:
        take_time(left, until=until)
    return found


def _unless_disabled(directory: Directory, judged: Judged, *, until: float) -> Judged:
    """Refuse anyone whom the filter for disabled people finds, as a sync does. A server may check their password still.

    It's asked only after a correct password, so the time tells strangers nothing.
    """
    if judged.entry is None or not directory.disabled_filter:
        return judged
    dn, text = judged.entry.dn, directory.disabled_filter
    is_disabled = _ask(directory, lambda connection: connection.fits(dn, text), until=until)
    if isinstance(is_disabled, _Unreachable):
        return _or_away(is_disabled)
    return Judged(answer=PasswordResult.DISABLED) if is_disabled else judged


def take_time(among: Iterable[Directory], *, until: float) -> None:
    """Ask these directories about a made-up name, so that the response time reveals less about who exists.

    For a refused sign-in all directories are asked: one that has the person really, and the others so. A busy
    directory is skipped, or a botnet could take the places of people whose passwords are correct.
    """
    for directory in _askable(among):
        _ask(directory, _ask_about_nobody, until=until, is_made_up=True)


def _askable(among: Iterable[Directory]) -> list[Directory]:
    return [each for each in among if each.is_active and each.checks_passwords]


def _ask_about_nobody(connection: Connection) -> None:
    connection.find(secrets.token_hex(8))
    connection.bind_nobody()


def _finding(directory: Directory, name: str, password: str, context: Context) -> Callable[[Connection], Judged | None]:
    guess = _Guess(directory, password, context)

    def ask(connection: Connection) -> Judged | None:
        entry = connection.find(name)
        judged = guess.bind(connection, entry)
        return None if entry is None else judged

    return ask


class _Unreachable:
    """No server of a directory answered in time, or its configuration is wrong."""


def _or_away(answer: Judged | _Unreachable) -> Judged:
    return Judged(answer=PasswordResult.AWAY) if isinstance(answer, _Unreachable) else answer


@dataclass
class _Guess:
    """A password that someone entered. It counts once, however many servers are asked about it."""

    directory: Directory
    password: str
    context: Context
    counted: str = ""  # the key of the entry for which it was

    def bind(self, connection: Connection, entry: DirectoryEntry | None) -> Judged:
        """Count it, and let a server check it. If a server may have counted it, it stays counted here."""
        if entry is None or not ldap_binds_and_searches.can_be_sent(self.password):
            connection.bind_nobody()
            return Judged(answer=PasswordResult.WRONG)
        is_first = entry.key != self.counted
        if is_first and not lockout_protection.spend(self.directory, entry, self.context):
            return Judged(answer=PasswordResult.LATER)
        self.counted = entry.key
        try:
            answer = connection.bind(entry.dn, self.password)
        except NotChecked as refused:
            if refused.is_certain and is_first:
                lockout_protection.forget(self.directory, entry, only_last=True)
                self.counted = ""
            raise
        if answer is PasswordResult.RIGHT:
            lockout_protection.forget(self.directory, entry)
            return Judged(answer=answer, entry=entry)
        if answer not in {PasswordResult.WRONG, PasswordResult.LOCKED}:
            # A correct password that is refused is no failure in the directory, and ends none of the former ones.
            lockout_protection.forget(self.directory, entry, only_last=True)
        return Judged(answer=answer)


def _ask(
    directory: Directory, question: Callable[[Connection], T], *, until: float, is_made_up: bool = False
) -> T | _Unreachable:
    """Put a question to the first server that answers."""
    password = password_of(directory)
    if password is None or not ldap_binds_and_searches.is_installed():
        logger.error("directory %s: the password of its service account or python-ldap is missing", directory.pk)
        return _Unreachable()
    try:
        with requests_at_once.place(directory.pk, until=until, leaves_one=is_made_up):
            return _ask_servers(directory, password, question, until=until)
    except requests_at_once.Busy:
        if not is_made_up:
            logger.warning("directory %s: too many requests wait for it", directory.pk)
    except (ldap_binds_and_searches.Misconfigured, ldap_binds_and_searches.TooMany) as error:
        logger.error("directory %s: %s", directory.pk, error)
    return _Unreachable()


def _ask_servers(
    directory: Directory, password: str, question: Callable[[Connection], T], *, until: float
) -> T | _Unreachable:
    for server in directory.servers:
        url = ldap_binds_and_searches.url_of(directory, server)
        if until - time.monotonic() < timeouts.MIN_TIME_TO_ASK or not server_availability.is_up(url):
            continue
        try:
            with ldap_binds_and_searches.connected(directory, server, until=until) as connection:
                connection.bind_account(password)
                answer = question(connection)
        except ldap_binds_and_searches.Away as error:
            server_availability.note_down(url)
            logger.warning("directory %s: %s did not answer: %s", directory.pk, url, error)
            continue
        except NotChecked as refused:
            server_availability.note_up(url)  # that was an answer, and may be about one account only
            logger.warning("directory %s: %s checked no password: %s", directory.pk, url, refused)
            continue
        except (ldap_binds_and_searches.Misconfigured, ldap_binds_and_searches.TooMany):
            server_availability.note_up(url)  # that was an answer
            raise
        server_availability.note_up(url)
        return answer
    return _Unreachable()
