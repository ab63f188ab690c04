"""A real OpenLDAP server for tests, with people, groups, service accounts, TLS and a password policy."""

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mfasite.demo import child_processes
from mfasite.demo.child_processes import Crew
from tests.faults import servers
from tests.real_programs.ports import free_port

BASE = "dc=example,dc=org"
ACCOUNT, ACCOUNT_PASSWORD = f"cn=two-step,ou=services,{BASE}", "service-account-secret"
LIMITED = f"cn=limited,ou=services,{BASE}"  # gets at most MAX_ENTRIES entries, however many pages it asks for
MAX_ENTRIES = 700
PASSWORD = "correct horse of ldap"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload memberof
moduleload retcode
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
maxsize 1073741824
dbnosync
index objectClass,entryUUID,uid eq
limits dn.exact="{account}" size=unlimited size.prtotal=unlimited
limits dn.exact="{limited}" size={most}
overlay memberof
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{base}"
overlay retcode
retcode-parent "ou=codes,{base}"
retcode-indir
access to attrs=userPassword by anonymous auth by * none
access to filter="(objectClass=errAuxObject)" by * read
access to * by dn.base="{account}" read by dn.base="{limited}" read by * none
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

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

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

dn: {limited}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: limited
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

_PLAIN_PERSON = """
dn: uid={uid},ou=people,{base}
objectClass: inetOrgPerson
uid: {uid}
cn: {name}
sn: {name}
mail: {uid}@example.org
mobile: {mobile}
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

    @contextmanager
    def answering(self, uid: str, code: int, text: str = "-") -> Iterator[None]:
        """Answer each bind of a person with a result code, whatever their password is."""
        kind = "add: objectClass\nobjectClass: errAuxObject"
        said = {"errCode": code, "errOp": "bind", "errText": text}
        self.change(uid, "\n-\n".join([kind, *(f"add: {name}\n{name}: {value}" for name, value in said.items())]))
        try:
            yield
        finally:
            kind = "delete: objectClass\nobjectClass: errAuxObject"
            self.change(uid, "\n-\n".join([kind, *(f"delete: {name}" for name in said)]))

    def change(self, uid: str, changes: str) -> None:
        """Change a person. Shape: `changes` is LDIF after "changetype: modify"."""
        self._run("ldapmodify", f"dn: uid={uid},ou=people,{BASE}\nchangetype: modify\n{changes}\n", "-e", "relax")

    def people(self, uids: Iterable[str], mobile: str = "+41 79 555 01 23") -> None:
        """Add many people without a password."""
        each = [_PLAIN_PERSON.format(uid=uid, name=uid.title(), mobile=mobile, base=BASE) for uid in uids]
        self._run("ldapadd", "".join(each))

    def remove(self, *uids: str) -> None:
        """Remove people."""
        self._run("ldapmodify", "".join(f"dn: uid={uid},ou=people,{BASE}\nchangetype: delete\n\n" for uid in uids))

    def group(self, name: str, *lines: str, kind: str = "groupOfNames") -> None:
        """Add a group. Shape: `lines` are LDIF, such as "member: ..."."""
        self._run(
            "ldapadd", "\n".join([f"dn: cn={name},ou=groups,{BASE}", f"objectClass: {kind}", f"cn: {name}", *lines])
        )

    def remove_group(self, name: str) -> None:
        """Remove a group."""
        self._run("ldapmodify", f"dn: cn={name},ou=groups,{BASE}\nchangetype: delete\n")

    def change_group(self, name: str, changes: str) -> None:
        """Change a group. Shape: `changes` is LDIF after "changetype: modify"."""
        self._run("ldapmodify", f"dn: cn={name},ou=groups,{BASE}\nchangetype: modify\n{changes}\n")

    def fill(self, entries: Iterable[str]) -> None:
        """Add very many entries, while it is stopped. Shape: `entries` are LDIF."""
        self.stop()
        command = ("/usr/sbin/slapadd", "-q", "-f", str(self.home / "slapd.conf"))
        subprocess.run(command, input="".join(entries), text=True, check=True, capture_output=True)
        self.start()

    def clear(self) -> None:
        """Remove all people and groups."""
        for branch in ("people", "groups"):
            command = ("ldapdelete", "-x", *self._administrator, "-r", f"ou={branch},{BASE}")
            subprocess.run(command, check=True, capture_output=True)
            self._run("ldapadd", f"dn: ou={branch},{BASE}\nobjectClass: organizationalUnit\nou: {branch}\n")

    def rename_people(self, uids: Iterable[str], name: str) -> None:
        """Give many people another full name."""
        change = "changetype: modify\nreplace: cn\ncn: {name}\n\n"
        self._run("ldapmodify", "".join(f"dn: uid={uid},ou=people,{BASE}\n{change.format(name=name)}" for uid in uids))

    def rename(self, uid: str, now: str) -> None:
        """Give a person another username."""
        changes = f"changetype: modrdn\nnewrdn: uid={now}\ndeleteoldrdn: 1\n"
        self._run("ldapmodify", f"dn: uid={uid},ou=people,{BASE}\n{changes}")

    def _run(self, program: str, ldif: str, *options: str) -> None:
        command = (program, "-x", *self._administrator, *options)
        subprocess.run(command, input=ldif, text=True, check=True, capture_output=True)

    @property
    def _administrator(self) -> tuple[str, ...]:
        return ("-H", f"ldap://127.0.0.1:{self.plain}", "-D", f"cn=admin,{BASE}", "-w", "admin")


def start(home: Path, crew: Crew) -> Slapd:
    """Make a server with an empty tree, and start it."""
    certificate, key = servers.certificate(home, "localhost", also="IP:127.0.0.1")
    (home / "data").mkdir()
    accounts = {"account": ACCOUNT, "limited": LIMITED, "base": BASE}
    values = {"home": home, "certificate": certificate, "key": key, "most": MAX_ENTRIES, **accounts}
    (home / "slapd.conf").write_text(_CONFIG.format(**values))
    tree = _TREE.format(account_password=ACCOUNT_PASSWORD, **accounts)
    command = ("/usr/sbin/slapadd", "-f", str(home / "slapd.conf"))
    subprocess.run(command, input=tree, text=True, check=True, capture_output=True)
    slapd = Slapd(home, crew, plain=free_port(), tls=free_port(), ca=certificate.read_text())
    slapd.start()
    return slapd
