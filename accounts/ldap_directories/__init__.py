"""LDAP directories, such as OpenLDAP and Active Directory, and the passwords that they check.

A person of a directory has no password here. Each check asks a server of their directory to bind as their entry.
"""

from accounts.ldap_directories import audit_events, connection_test, ldap_binds_and_searches, person_search
from accounts.ldap_directories.ldap_binds_and_searches import Connection, LdapEntry
from accounts.ldap_directories.ldap_password_checks import (
    Judged,
    check,
    check_stranger,
    deadline,
    forget,
    known,
    take_time,
)
from accounts.ldap_directories.password_refusal_words import WORDS
from accounts.ldap_directories.password_result_codes import PasswordResult
from accounts.ldap_directories.person_search import DirectoryEntry
from accounts.ldap_directories.service_account_password import password_of, seal_password

__all__ = [
    "WORDS",
    "Connection",
    "DirectoryEntry",
    "Judged",
    "LdapEntry",
    "PasswordResult",
    "audit_events",
    "check",
    "check_stranger",
    "connection_test",
    "deadline",
    "forget",
    "known",
    "ldap_binds_and_searches",
    "password_of",
    "person_search",
    "seal_password",
    "take_time",
]
