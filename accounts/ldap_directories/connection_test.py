"""Tests a directory step by step, for its administrator: connection, service account, base, and one person."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.ldap_directories import ldap_binds_and_searches
from accounts.ldap_directories.ldap_binds_and_searches import Connection
from accounts.ldap_directories.password_result_codes import NotChecked, PasswordResult
from accounts.ldap_directories.person_search import DirectoryEntry
from accounts.ldap_directories.service_account_password import password_of
from accounts.models import Directory


@dataclass(frozen=True, kw_only=True)
class ConnectionTestStep:
    """One step of the test of a server. `text` says what was found, or what to do."""

    name: str
    is_done: bool
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class ServerReport:
    """The steps of one server, up to the first that failed."""

    server: str
    steps: tuple[ConnectionTestStep, ...]

    @property
    def is_good(self) -> bool:
        return all(step.is_done for step in self.steps)


def run(directory: Directory, *, username: str, password: str) -> list[ServerReport]:
    """Test every server, and with a username the search for that person, and with a password also the password.

    Nothing is counted or saved. The directory itself may count an incorrect password.
    """
    return [
        ServerReport(
            server=ldap_binds_and_searches.url_of(directory, each),
            steps=tuple(_steps(directory, each, username, password)),
        )
        for each in directory.servers
    ]


def _steps(directory: Directory, server: str, username: str, password: str) -> Iterator[ConnectionTestStep]:
    account_password = password_of(directory)
    if not ldap_binds_and_searches.is_installed():
        yield ConnectionTestStep(
            name=_("python-ldap"),
            is_done=False,
            text=_("It isn’t installed. deploy/operation.md says how to install it, under “Directories”."),
        )
        return
    if account_password is None:
        yield ConnectionTestStep(
            name=_("Password of the service account"),
            is_done=False,
            text=_("It can’t be decrypted with the current keys. Enter it again."),
        )
        return
    try:
        with ldap_binds_and_searches.connected(directory, server) as connection:
            yield from _connected(connection, directory, account_password, username, password)
    except ldap_binds_and_searches.Away as error:
        yield ConnectionTestStep(name=_("Connection"), is_done=False, text=str(error))


def _connected(
    connection: Connection, directory: Directory, account_password: str, username: str, password: str
) -> Iterator[ConnectionTestStep]:
    try:
        connection.bind_account(account_password)
        yield ConnectionTestStep(name=_("Connection"), is_done=True, text=str(directory.get_encryption_display()))
        yield ConnectionTestStep(name=_("Service account"), is_done=True, text=directory.account)
    except ldap_binds_and_searches.Misconfigured as error:
        yield ConnectionTestStep(name=_("Connection"), is_done=True, text=str(directory.get_encryption_display()))
        yield ConnectionTestStep(name=_("Service account"), is_done=False, text=str(error))
        return
    try:
        connection.read_base()
        yield ConnectionTestStep(name=_("Base"), is_done=True, text=directory.base)
        _is_disabled(connection, directory, directory.base)  # asked for its errors
        if not username:
            return
        entry = connection.find(username)
        is_disabled = entry is not None and _is_disabled(connection, directory, entry.dn)
    except (ldap_binds_and_searches.Misconfigured, ldap_binds_and_searches.TooMany) as error:
        yield ConnectionTestStep(name=_("Search"), is_done=False, text=str(error))
        return
    yield _found(entry, username)
    if is_disabled:
        words = _("The search filter for disabled people finds this person, so they can’t sign in.")
        yield ConnectionTestStep(name=_("Disabled accounts"), is_done=False, text=words)
    if entry is not None and password:
        yield _password(connection, entry, password)


def _is_disabled(connection: Connection, directory: Directory, dn: str) -> bool:
    return bool(directory.disabled_filter) and connection.fits(dn, directory.disabled_filter)


def _found(entry: DirectoryEntry | None, username: str) -> ConnectionTestStep:
    name = _("Person")
    if entry is None:
        words = _("The filter finds nobody for “%(username)s”. Check the base and the filter.")
        return ConnectionTestStep(name=name, is_done=False, text=words % {"username": username})
    said = _("%(dn)s: username %(username)s, name %(name)s, email address %(email)s")
    none = _("none")
    return ConnectionTestStep(
        name=name,
        is_done=True,
        text=said
        % {"dn": entry.dn, "username": entry.username, "name": entry.name or none, "email": entry.email or none},
    )


def _password(connection: Connection, entry: DirectoryEntry, password: str) -> ConnectionTestStep:
    try:
        return _checked(connection.bind(entry.dn, password))
    except NotChecked as refused:
        words = _("The directory didn’t say whether it is correct: %(why)s") % {"why": refused}
        return ConnectionTestStep(name=_("Password"), is_done=False, text=words)


def _checked(answer: PasswordResult) -> ConnectionTestStep:
    words = {
        PasswordResult.RIGHT: _("Correct"),
        PasswordResult.WRONG: _("Incorrect"),
        PasswordResult.MUST_CHANGE: _("Correct, but it must be changed first"),
        PasswordResult.EXPIRED: _("Correct, but it has expired"),
        PasswordResult.DISABLED: _("Correct, but the account is disabled"),
        PasswordResult.ACCOUNT_EXPIRED: _("Correct, but the account has expired"),
        PasswordResult.OUTSIDE_HOURS: _("Correct, but not allowed at this time"),
        PasswordResult.OTHER_MACHINE: _("Correct, but allowed only from certain computers"),
        PasswordResult.RESTRICTED: _("Correct, but the account may not be used to sign in here"),
        PasswordResult.LOCKED: _("The directory has locked the account"),
    }
    return ConnectionTestStep(name=_("Password"), is_done=answer is PasswordResult.RIGHT, text=words[answer])
