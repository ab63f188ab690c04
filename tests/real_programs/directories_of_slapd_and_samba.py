"""Directories of the real LDAP servers of the tests, as an administrator adds them."""

from accounts import ldap_directories
from accounts.default_ldap_filters_and_attributes import FILTERS_AND_ATTRIBUTES
from accounts.models import Directory
from accounts.models.directories import DirectoryKind, Encryption
from tests.real_programs import samba as active_directory
from tests.real_programs import slapd as openldap
from tests.real_programs.samba import Samba
from tests.real_programs.slapd import Slapd


def of_slapd(server: Slapd, **more: object) -> Directory:
    """Add an OpenLDAP server as the directory of its people."""
    values: dict[str, object] = {
        "name": "Staff",
        "servers": [f"127.0.0.1:{server.tls}"],
        "ca": server.ca,
        "account": openldap.ACCOUNT,
        "base": f"ou=people,{openldap.BASE}",
    }
    return _add(DirectoryKind.OPENLDAP, openldap.ACCOUNT_PASSWORD, values | more)


def of_samba(server: Samba, unit: str, **more: object) -> Directory:
    """Add a domain controller as the directory of the people of a unit."""
    values: dict[str, object] = {
        "name": "Domain",
        "servers": [server.address],
        "ca": server.ca,
        "account": active_directory.ACCOUNT,
        "base": unit,
    }
    return _add(DirectoryKind.ACTIVE_DIRECTORY, active_directory.ACCOUNT_PASSWORD, values | more)


def _add(kind: DirectoryKind, password: str, values: dict[str, object]) -> Directory:
    made = Directory(**({"kind": kind, "encryption": Encryption.LDAPS, **FILTERS_AND_ATTRIBUTES[kind]} | values))
    ldap_directories.seal_password(made, password)
    made.full_clean()
    made.save()
    return made
