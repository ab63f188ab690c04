"""Passwords that a directory checks: LDAP servers such as OpenLDAP and Active Directory.

A person of a directory has no password here. Each check asks a server of their directory to bind as their entry.
"""

from accounts.directories.checking import check, check_stranger, forget, known
from accounts.directories.password_answers import Answer, Entry, Judged
from accounts.directories.passwords import password_of, seal_password
from accounts.directories.words import WORDS

__all__ = [
    "WORDS",
    "Answer",
    "Entry",
    "Judged",
    "check",
    "check_stranger",
    "forget",
    "known",
    "password_of",
    "seal_password",
]
