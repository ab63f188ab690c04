"""Says which accounts of a directory are switched off: disabled, expired, or locked by an administrator for good."""

from datetime import UTC, datetime, timedelta

from accounts.ldap_directories import Connection, LdapEntry, person_search
from accounts.models import Directory
from accounts.models.directories import DirectoryKind
from verification import inputs

_ACCOUNT_DISABLED = 0x2  # Source: MS-ADTS, 2.2.16, ADS_UF_ACCOUNTDISABLE
_NEVER_EXPIRES = frozenset({0, 0x7FFFFFFFFFFFFFFF})  # Source: MS-ADA1, 2.2, accountExpires
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
# Locked by an administrator for good. A lock after incorrect passwords has a time, and ends: it switches nobody off.
# Source: slapo-ppolicy(5), pwdAccountLockedTime
_LOCKED_FOR_GOOD = "000001010000"
# What `is_enabled` reads of an account.
ATTRIBUTES = {
    DirectoryKind.OPENLDAP: ("pwdAccountLockedTime",),
    DirectoryKind.ACTIVE_DIRECTORY: ("userAccountControl", "accountExpires"),
}


def found_by_filter(directory: Directory, connection: Connection) -> set[str]:
    """Return the permanent ids of people that the directory's filter of disabled people finds."""
    if not directory.disabled_filter:
        return set()
    everyone = person_search.filter_for(directory, "*")
    pages = connection.pages(directory.base, f"(&{everyone}{directory.disabled_filter})", [])
    return {found.key for page in pages for found in page}


def is_enabled(account: LdapEntry, kind: DirectoryKind, now: datetime) -> bool:
    """Return whether an account is switched on, as its own attributes say."""
    if kind == DirectoryKind.OPENLDAP:
        return not account.first("pwdAccountLockedTime").startswith(_LOCKED_FOR_GOOD)
    flags, expires = _number(account.first("userAccountControl")), _number(account.first("accountExpires"))
    return not flags & _ACCOUNT_DISABLED and (expires in _NEVER_EXPIRES or _moment(expires) > now)


def _number(text: str) -> int:
    """Read a number of Active Directory. What is none, or beyond 64 bits, counts as not set."""
    return inputs.number(text, least=-inputs.MAX_NUMBER) or 0


def _moment(ticks: int) -> datetime:
    """Return a time of Active Directory. Units: `ticks` of 100 nanoseconds."""
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
