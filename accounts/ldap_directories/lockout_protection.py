"""Keeps strangers from locking a person's account in the directory: how many incorrect passwords reach it."""

from datetime import timedelta

from accounts.ldap_directories.person_search import DirectoryEntry
from accounts.models import Directory
from accounts.models.people import fold
from verification import limits
from verification.browsers import device_cookies_of_known_browsers
from verification.context import Context

_WHAT = "directory.password"


def _named(directory: Directory, key: str) -> str:
    return f"{directory.pk} {key}"


def _most(directory: Directory, username: str, context: Context) -> int:
    """Return how many incorrect passwords may reach the directory.

    The last one is kept for browsers from which this person signed in before, so that a stranger can't lock them out.
    """
    is_known = bool(device_cookies_of_known_browsers.known(context.device, fold(username)))
    return directory.max_failures if is_known else max(1, directory.max_failures - 1)


def may_guess(directory: Directory, key: str, username: str, context: Context) -> bool:
    """Return whether the directory may be asked about another password of a person."""
    most = _most(directory, username, context)
    return limits.may_guess(_WHAT, _named(directory, key), most=most, now=context.now)


def spend(directory: Directory, entry: DirectoryEntry, context: Context) -> bool:
    """Count a password before the directory checks it, and return whether it may be sent."""
    return limits.spend_guess(
        _WHAT,
        _named(directory, entry.key),
        most=_most(directory, entry.username, context),
        window=timedelta(minutes=directory.failure_minutes),
        now=context.now,
    ).is_open


def forget(directory: Directory, entry: DirectoryEntry, *, only_last: bool = False) -> None:
    """Forget the incorrect passwords of a person, or only the last one."""
    limits.forget_guesses(_WHAT, _named(directory, entry.key), only_last=only_last)
