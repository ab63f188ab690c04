"""A real OpenLDAP server for tests, with people, a service account, TLS and a password policy."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from mfasite.demo import child_processes
from mfasite.demo.child_processes import Crew
from tests.faults import servers
from tests.ports import free_port

BASE = "dc=example,dc=org"
ACCOUNT, ACCOUNT_PASSWORD = f"cn=two-step,ou=services,{BASE}", "service-account-secret"
PASSWORD = "correct horse of ldap"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {home}/slapd.pid
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
TLSCACertificateFile {certificate}
allow bind_v2
database mdb
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw admin
directory {home}/data
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{base}"
access to attrs=userPassword by anonymous auth by * none
access to * by dn.base="{account}" read by * none
"""

_TREE = """
dn: {base}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=services,{base}
objectClass: organizationalUnit
ou: services

dn: ou=policies,{base}
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,{base}
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 6
pwdFailureCountInterval: 1800
pwdMustChange: TRUE

dn: cn=short,ou=policies,{base}
objectClass: device
objectClass: pwdPolicy
cn: short
pwdAttribute: userPassword
pwdMaxAge: 1

dn: {account}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: two-step
userPassword: {account_password}
"""

_PERSON = """
dn: uid={uid},ou=people,{base}
objectClass: inetOrgPerson
uid: {uid}
cn: {name}
sn: {name}
mail: {uid}@example.org
userPassword: {password}
"""


@dataclass
class Slapd:
    """A running server. Shape: `plain` and `tls` are ports; `ca` is the PEM of its certificate."""

    home: Path
    crew: Crew
    plain: int
    tls: int
    ca: str

    def start(self) -> None:
        """Start it, and wait until it answers."""
        hosts = ("127.0.0.1", "127.0.0.2")  # the certificate names only the first
        addresses = " ".join(f"ldap://{host}:{self.plain}/ ldaps://{host}:{self.tls}/" for host in hosts)
        self.crew.start("slapd", ("/usr/sbin/slapd", "-f", str(self.home / "slapd.conf"), "-h", addresses, "-d", "0"))
        self.crew.wait("slapd", lambda: child_processes.listens(self.tls), seconds=20)

    def stop(self) -> None:
        """Stop it."""
        self.crew.stop("slapd")

    def person(self, uid: str, *, name: str = "", password: str = PASSWORD) -> None:
        """Add a person."""
        text = _PERSON.format(uid=uid, name=name or uid.title(), password=password, base=BASE)
        self._run("ldapadd", text)

    def change(self, uid: str, changes: str) -> None:
        """Change a person. Shape: `changes` is LDIF after "changetype: modify"."""
        self._run("ldapmodify", f"dn: uid={uid},ou=people,{BASE}\nchangetype: modify\n{changes}\n", "-e", "relax")

    def rename(self, uid: str, now: str) -> None:
        """Give a person another username."""
        changes = f"changetype: modrdn\nnewrdn: uid={now}\ndeleteoldrdn: 1\n"
        self._run("ldapmodify", f"dn: uid={uid},ou=people,{BASE}\n{changes}")

    def _run(self, program: str, ldif: str, *options: str) -> None:
        administrator = ("-H", f"ldap://127.0.0.1:{self.plain}", "-D", f"cn=admin,{BASE}", "-w", "admin")
        command = (program, "-x", *administrator, *options)
        subprocess.run(command, input=ldif, text=True, check=True, capture_output=True)


def start(home: Path, crew: Crew) -> Slapd:
    """Make a server with an empty tree, and start it."""
    certificate, key = servers.certificate(home, "localhost", also="IP:127.0.0.1")
    (home / "data").mkdir()
    values = {"home": home, "certificate": certificate, "key": key, "base": BASE, "account": ACCOUNT}
    (home / "slapd.conf").write_text(_CONFIG.format(**values))
    tree = _TREE.format(base=BASE, account=ACCOUNT, account_password=ACCOUNT_PASSWORD)
    command = ("/usr/sbin/slapadd", "-f", str(home / "slapd.conf"))
    subprocess.run(command, input=tree, text=True, check=True, capture_output=True)
    slapd = Slapd(home, crew, plain=free_port(), tls=free_port(), ca=certificate.read_text())
    slapd.start()
    return slapd
