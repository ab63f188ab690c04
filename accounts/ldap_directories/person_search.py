"""How a person is searched in an LDAP directory: the filters, and the attributes that are read.

Source of the filters and escapes: RFC 4515, 3.
"""

import re
from dataclasses import dataclass

from accounts.models import Directory
from accounts.models.directories import DirectoryKind

_KEYS = {DirectoryKind.OPENLDAP: "entryUUID", DirectoryKind.ACTIVE_DIRECTORY: "objectGUID"}
_NO_COMPUTERS = "(!(objectClass=computer))"
# A comparison with a matching rule, or by similarity. `*` is no wildcard in it.
_NO_WILDCARD = re.compile(r"\(([^()=:~<>]+)(?::[^()=]*|[~<>])=[^()]*\{username\}[^()]*\)")


@dataclass(frozen=True, kw_only=True)
class DirectoryEntry:
    """A person as a directory has them.

    Shape: `key` is the directory's permanent id, in hexadecimal digits for Active Directory's objectGUID.
    """

    dn: str
    key: str
    username: str
    name: str
    email: str


def key_attribute(directory: Directory) -> str:
    """Return the attribute with the permanent id of an entry."""
    return _KEYS[DirectoryKind(directory.kind)]


def attributes(directory: Directory) -> list[str]:
    """Return the attributes that are read of a person who signs in."""
    return [
        key_attribute(directory),
        directory.username_attribute,
        directory.name_attribute,
        directory.email_attribute,
    ]


def filter_for(directory: Directory, username: str) -> str:
    """Return the filter that finds a person by their username, and with `*` everyone. Computers are left out.

    Shape: `username` is escaped.
    """
    text = directory.person_filter
    if username == "*":
        text = _NO_WILDCARD.sub(r"(\1=*)", text)
    text = text.replace("{username}", username)
    return f"(&{_NO_COMPUTERS}{text})" if directory.kind == DirectoryKind.ACTIVE_DIRECTORY else text


def filter_for_key(directory: Directory, key: str) -> str:
    """Return the filter that finds a person by their permanent id, which is escaped."""
    return f"(&({key_attribute(directory)}={key}){filter_for(directory, '*')})"


def escaped_guid(key: str) -> str:
    """Return the bytes of Active Directory's objectGUID as a filter has them."""
    return "".join(f"\\{byte:02x}" for byte in bytes.fromhex(key))
