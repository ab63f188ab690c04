"""Connections to directory servers with python-ldap: searches and binds.

The only module that imports python-ldap, and only for the first directory that is asked. It is optional:
requirements-ldap.lock has it.
"""

import hashlib
import math
import os
import re
import secrets
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.utils.functional import SimpleLazyObject

from accounts.ldap_directories import encrypted_sockets, person_search, timeouts
from accounts.ldap_directories.password_result_codes import NotChecked, PasswordResult, of_refused_bind
from accounts.ldap_directories.person_search import DirectoryEntry
from accounts.models import Directory
from accounts.models.directories import DirectoryKind, Encryption


@cache
def _library() -> Any:  # noqa: ANN401  (python-ldap has no types)
    try:
        import ldap.controls.ppolicy  # noqa: PLC0415  (6 MiB, which a process without directories is spared)
        import ldap.dn  # noqa: PLC0415  (the same)
        import ldap.filter  # noqa: PLC0415  (the same)
    except ImportError:
        return None
    return ldap


ldap: Any = SimpleLazyObject(_library)
PAGE = 500  # entries. Active Directory gives at most 1,000, and OpenLDAP 500 unless it is told otherwise
NO_ANSWER = "It didn’t answer in time."
_NOWHERE = "ldap://closed.invalid"  # libldap would connect there again, without encryption, after an error
_PORTS = {Encryption.LDAPS: 636, Encryption.STARTTLS: 389, Encryption.NONE: 389}
# Source: draft-behera-ldap-password-policy, 6.2. All but 1 are given only if the password was correct.
_POLICY = {0: PasswordResult.EXPIRED, 1: PasswordResult.LOCKED, 2: PasswordResult.MUST_CHANGE}


class Away(Exception):
    """A server could not be reached, did not answer in time, or its certificate was refused. The text says which."""


class Misconfigured(Exception):
    """A server answered, but refused the service account, the base or the filter. The text says which."""


class TooMany(Exception):
    """More than one entry has the same name, so that nobody can tell whose password it is."""


class Incomplete(Exception):
    """A list ended before its end, for example at a size limit of the server. The text says why."""


@dataclass(frozen=True)
class LdapEntry:
    """One entry of a list. Shape: `key` is the permanent id, or empty; the names of `values` are in lower case."""

    dn: str
    key: str
    values: Mapping[str, list[bytes]]

    def first(self, attribute: str) -> str:
        """Return the first value of an attribute as text, or an empty string."""
        return _text_of(self.values.get(attribute.lower()))


def is_installed() -> bool:
    """Return whether python-ldap is installed."""
    return _library() is not None


def url_of(directory: Directory, server: str) -> str:
    """Return the address of a server, with the usual port if none is given."""
    parts = urlsplit(f"//{server}")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    scheme = "ldaps" if directory.encryption == Encryption.LDAPS else "ldap"
    return f"{scheme}://{host}:{parts.port or _PORTS[Encryption(directory.encryption)]}"


def can_be_sent(password: str) -> bool:
    """Return whether a password may be sent. An empty one, or one with a NUL, may be taken for an anonymous bind.

    Source: RFC 4513, 5.1.2.
    """
    return bool(password) and "\0" not in password


class Connection:
    """An encrypted connection to one server of a directory. Any method may raise `Away`.

    Units: `until` by the monotonic clock.
    """

    def __init__(self, directory: Directory, server: str, *, until: float) -> None:
        self._directory, self._until = directory, until
        there = _socket(urlsplit(url_of(directory, server)), directory, until)
        try:
            self._ldap = ldap.initialize(_NOWHERE, fileno=there)
        except BaseException:
            os.close(there)
            raise
        self._ldap.set_option(ldap.OPT_REFERRALS, 0)

    def bind_account(self, password: str) -> None:
        """Sign in as the service account. Errors: `Misconfigured`."""
        try:
            self._asked(self._ldap.simple_bind_s, self._directory.account, password)
        except ldap.LDAPError as error:
            raise Misconfigured(f"The service account was refused: {_text(error)}") from None

    def bind(self, dn: str, password: str) -> PasswordResult:
        """Return what the directory says about a password. Errors: `NotChecked`."""
        if not can_be_sent(password):
            return PasswordResult.WRONG
        policy = ldap.controls.ppolicy.PasswordPolicyControl
        controls_by_type = {policy.controlType: policy}
        try:
            sent = self._called(self._ldap.simple_bind, dn, password, serverctrls=[policy()])
            *_result, controls = self._called(self._ldap.result3, sent, resp_ctrl_classes=controls_by_type)
        except ldap.LDAPError as error:
            said = _said(error)
            controls = ldap.controls.DecodeControlTuples(said.get("ctrls", ()), controls_by_type)
            return _of_policy(controls) or of_refused_bind(int(said.get("result", 0)), _text(error))
        return _of_policy(controls) or PasswordResult.RIGHT

    def bind_nobody(self) -> None:
        """Bind with a name and password that are made up. Neither of anybody's is sent.

        A server refuses that without hashing, so that one that hashes slowly takes longer for an entry it has.
        """
        with suppress(NotChecked):
            self.bind(f"cn={secrets.token_hex(8)},{self._directory.base}", secrets.token_hex(8))

    def read_base(self) -> None:
        """Read the base itself. Errors: `Misconfigured`."""
        try:
            self._asked(self._ldap.search_ext_s, self._directory.base, ldap.SCOPE_BASE, "(objectClass=*)", ["1.1"])
        except ldap.LDAPError as error:
            raise Misconfigured(f"The base can’t be read: {_text(error)}") from None

    def find(self, username: str) -> DirectoryEntry | None:
        """Return the entry that the filter finds for what a person entered. Errors: `Misconfigured`, `TooMany`."""
        if not username or "\0" in username:
            return None
        return self._only(person_search.filter_for(self._directory, ldap.filter.escape_filter_chars(username)))

    def find_by_key(self, key: str) -> DirectoryEntry | None:
        """Return the entry with a permanent id, whatever its name is now. Someone who left the filter has none."""
        is_guid = self._directory.kind == DirectoryKind.ACTIVE_DIRECTORY
        escaped = person_search.escaped_guid(key) if is_guid else ldap.filter.escape_filter_chars(key)
        return self._only(person_search.filter_for_key(self._directory, escaped))

    def fits(self, dn: str, text: str) -> bool:
        """Return whether an entry matches a filter. Errors: `Misconfigured`."""
        try:
            found = self._asked(self._ldap.search_ext_s, dn, ldap.SCOPE_BASE, text, ["1.1"])
        except ldap.LDAPError as error:
            raise Misconfigured(f"The search was refused: {_text(error)}") from None
        return any(each for each, _attributes in found)  # the others are referrals

    def pages(self, base: str, text: str, attributes: Sequence[str]) -> Iterator[list[LdapEntry]]:
        """Yield all entries below a base that match a filter, page by page, each with its permanent id.

        Source: RFC 2696. Errors: `Incomplete`. OpenLDAP counts its size limit across pages, so that a limit shows only
        after some of them.
        """
        control = ldap.controls.SimplePagedResultsControl(criticality=True, size=PAGE, cookie="")
        wanted, n_before = [self._key, *filter(None, attributes)], 0
        while True:
            try:
                more = {"serverctrls": [control], "timeout": timeouts.ANSWER_TIMEOUT}
                sent = self._asked(self._ldap.search_ext, base, ldap.SCOPE_SUBTREE, text, wanted, **more)
                _kind, found, _number, controls = self._asked(self._ldap.result3, sent, timeout=timeouts.ANSWER_TIMEOUT)
            except Away as away:
                raise Away(f"{away} ({n_before} entries arrived before.)") from None
            except ldap.LDAPError as error:
                raise Incomplete(f"{_text(error)} ({n_before} entries arrived before.)") from None
            n_before += len(found)
            yield [self._found(dn, attributes) for dn, attributes in found if dn]  # the others are referrals
            answers = [each for each in controls if each.controlType == control.controlType]
            control.cookie = answers[0].cookie if answers else ""
            if not control.cookie:
                return

    def values_of(self, found: LdapEntry, attribute: str) -> list[bytes]:
        """Return all values of an attribute. Active Directory gives many of them only in ranges.

        Source: MS-ADTS, 3.1.1.3.1.3.3. Errors: `Incomplete`.
        """
        values, given = list(found.values.get(attribute.lower(), ())), found.values
        while (last := _last_of_range(given, attribute)) is not None:
            values += last.values
            if last.at is None:
                break
            wanted = [f"{attribute};range={last.at + 1}-*"]
            try:
                answer = self._asked(self._ldap.search_ext_s, found.dn, ldap.SCOPE_BASE, "(objectClass=*)", wanted)
            except ldap.LDAPError as error:
                raise Incomplete(_text(error)) from None
            given = next((_lower(attributes) for dn, attributes in answer if dn), {})
            if _last_of_range(given, attribute) is None:
                raise Incomplete(f"The directory gave only a part of {attribute} of {found.dn}.")
        return values

    def _found(self, dn: str, attributes: Mapping[str, list[bytes]]) -> LdapEntry:
        values = _lower(attributes)
        raw = (values.get(self._key.lower()) or [b""])[0]
        return LdapEntry(dn=dn, key=self._text_of_key(raw), values=values)

    def _text_of_key(self, raw: bytes) -> str:
        return raw.hex() if self._directory.kind == DirectoryKind.ACTIVE_DIRECTORY else raw.decode(errors="replace")

    def close(self) -> None:
        """Close the connection."""
        with suppress(ldap.LDAPError):
            self._ldap.unbind_s()

    def _asked(self, function: Callable[..., Any], *arguments: object, **named: object) -> Any:  # noqa: ANN401  (as python-ldap)
        """Call python-ldap, and raise `Away` for everything that says that the server is not there or too slow."""
        try:
            return self._called(function, *arguments, **named)
        except (ldap.UNAVAILABLE, ldap.BUSY) as error:
            raise Away(_text(error)) from None

    def _called(self, function: Callable[..., Any], *arguments: object, **named: object) -> Any:  # noqa: ANN401  (as python-ldap)
        """Call python-ldap, and raise `Away` if no answer came."""
        self._ldap.set_option(ldap.OPT_TIMEOUT, _seconds(timeouts.ANSWER_TIMEOUT, self._until))
        try:
            return function(*arguments, **named)
        except ldap.TIMEOUT:
            raise Away(NO_ANSWER) from None
        except (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMELIMIT_EXCEEDED) as error:
            raise Away(_text(error)) from None

    @property
    def _key(self) -> str:
        return person_search.key_attribute(self._directory)

    def _only(self, text: str) -> DirectoryEntry | None:
        about, wanted = self._directory, person_search.attributes(self._directory)
        try:
            found = self._asked(self._ldap.search_ext_s, about.base, ldap.SCOPE_SUBTREE, text, wanted, sizelimit=2)
        except ldap.SIZELIMIT_EXCEEDED:
            raise TooMany("The filter finds more than one entry.") from None
        except ldap.LDAPError as error:
            raise Misconfigured(f"The search was refused: {_text(error)}") from None
        entries = [(dn, attributes) for dn, attributes in found if dn]  # the others are referrals
        if len(entries) > 1:
            raise TooMany("The filter finds more than one entry.")
        return self._entry(*entries[0]) if entries else None

    def _entry(self, dn: str, attributes: Mapping[str, list[bytes]]) -> DirectoryEntry:
        found, about = self._found(dn, attributes), self._directory
        entry = DirectoryEntry(
            dn=dn,
            key=found.key,
            username=found.first(about.username_attribute),
            name=found.first(about.name_attribute),
            email=found.first(about.email_attribute),
        )
        if not entry.key or not entry.username:
            missing = about.username_attribute if entry.key else self._key
            raise Misconfigured(f"The service account can’t read the attribute {missing} of {dn}.")
        return entry


@dataclass(frozen=True)
class _Range:
    """Some values of an attribute. Shape: `at` is the number of the last one; None if no other follows."""

    at: int | None
    values: list[bytes]


_RANGE = re.compile(r";range=[0-9]+-([0-9]{1,18}|\*)$")


def _last_of_range(values: Mapping[str, list[bytes]], attribute: str) -> _Range | None:
    for name, some in values.items():
        if name.startswith(f"{attribute.lower()};") and (end := _RANGE.search(name)):
            return _Range(None if end[1] == "*" else int(end[1]), some)
    return None


def _lower(attributes: Mapping[str, list[bytes]]) -> dict[str, list[bytes]]:
    return {name.lower(): values for name, values in attributes.items()}


def _text_of(values: Sequence[bytes] | None) -> str:
    return values[0].decode(errors="replace").strip() if values else ""


def digest_of_dn(dn: str) -> bytes:
    """Return a digest by which DNs are compared, whatever their case and spaces. Malformed ones equal nothing."""
    try:
        parts = ldap.dn.str2dn(dn)
    except ldap.DECODING_ERROR:
        parts = [[("", dn, 0)]]
    parsed = [sorted((kind.lower(), " ".join(value.casefold().split())) for kind, value, _ in part) for part in parts]
    return hashlib.blake2b(repr(parsed).encode(), digest_size=16).digest()


@contextmanager
def connected(directory: Directory, server: str, *, until: float = math.inf) -> Iterator[Connection]:
    """Open a connection to a server and close it in the end. Without `until`, each answer may take its full time."""
    connection = Connection(directory, server, until=until)
    try:
        yield connection
    finally:
        connection.close()


def _seconds(most: float, until: float) -> float:
    """Return how long to wait, at least a moment: 0 would mean forever."""
    return max(0.05, min(most, until - time.monotonic()))


def _socket(at: SplitResult, directory: Directory, until: float) -> int:
    """Return a socket to a server. Errors: `Away`, which says what is wrong with a certificate."""
    try:
        return encrypted_sockets.connect(
            at.hostname or "",
            at.port or 0,
            encryption=directory.encryption,
            ca=directory.ca,
            seconds=lambda: _seconds(timeouts.CONNECT_TIMEOUT, until),
        )
    except ssl.SSLCertVerificationError as error:
        raise Away(f"The certificate was refused: {error.verify_message}. Check the certificate authority.") from None
    except (OSError, UnicodeError) as error:  # the second for a name that no server can have
        raise Away(str(error) or type(error).__name__) from None


def _of_policy(controls: Sequence[object]) -> PasswordResult | None:
    """Return what the password policy of OpenLDAP adds to its answer to a bind."""
    found = [each for each in controls if isinstance(each, ldap.controls.ppolicy.PasswordPolicyControl)]
    errors = {int(each.error) for each in found if each.error is not None}
    return next((answer for code, answer in _POLICY.items() if code in errors), None)


def _said(error: Exception) -> dict[str, Any]:
    """Return the parts of a server's refusal."""
    return error.args[0] if error.args and isinstance(error.args[0], dict) else {}


def _text(error: Exception) -> str:
    """Return the server's words. They name entries and codes, never a password."""
    said = _said(error)
    parts = (str(said.get("desc", "")), str(said.get("info", "")))
    return ": ".join(part for part in parts if part) or type(error).__name__
