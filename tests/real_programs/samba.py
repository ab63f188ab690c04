"""A real Active Directory domain for tests: Samba, with TLS, a service account, and a lockout after five passwords.

Samba always listens on ports 389 and 636, so each server gets an address of its own on the loopback network. That needs
root, as Samba does.
"""

import base64
import fcntl
import hashlib
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mfasite.demo.child_processes import Child, Crew

DOMAIN, BASE = "example.test", "DC=example,DC=test"
HOST = "dc1.example.test"
ACCOUNT, ACCOUNT_PASSWORD = f"CN=two-step,CN=Users,{BASE}", "service-account-secret"
PASSWORD = "correct horse of samba"
LOCKOUT = 5  # incorrect passwords
_ADMIN, _ADMIN_PASSWORD = f"Administrator@{DOMAIN}", "Blue-lamp-on-monday-1"
_POLICY = (
    *("--complexity=off", "--history-length=0", "--min-pwd-age=0", "--max-pwd-age=0"),
    *(f"--account-lockout-threshold={LOCKOUT}", "--account-lockout-duration=30"),
    "--reset-account-lockout-after=30",
)
_PROVISION = (
    *(
        f"--realm={DOMAIN.upper()}",
        "--domain=EXAMPLE",
        f"--host-name={HOST.split('.', maxsplit=1)[0]}",
        "--host-ip=127.0.0.1",
    ),
    *("--server-role=dc", "--dns-backend=NONE", f"--adminpass={_ADMIN_PASSWORD}"),
)
# Bits of userAccountControl. Source: MS-ADTS, 2.2.16.
NORMAL_ACCOUNT, ACCOUNT_DISABLED, PASSWORD_EXPIRED = 0x200, 0x2, 0x800000
# A password policy for some people. Units: 100 ns, negative. Samba takes less than a day for never.
_EXPIRING = {
    "msDS-PasswordSettingsPrecedence": "1",
    "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
    "msDS-PasswordHistoryLength": "0",
    "msDS-PasswordComplexityEnabled": "FALSE",
    "msDS-MinimumPasswordLength": "1",
    "msDS-MinimumPasswordAge": "0",
    "msDS-MaximumPasswordAge": "-1728000000000",
    "msDS-LockoutThreshold": "0",
    "msDS-LockoutObservationWindow": "-18000000000",
    "msDS-LockoutDuration": "-18000000000",
}
# The control is DSDB_CONTROL_BYPASS_PASSWORD_HASH, without which pwdLastSet can't be set to a time.
_SET_AGE = """
import ldb, sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
settings, file, dn, since = sys.argv[1:]
parameters = LoadParm()
parameters.load(settings)
database = SamDB(url=file, session_info=system_session(), lp=parameters)
message = ldb.Message(ldb.Dn(database, dn))
message["pwdLastSet"] = ldb.MessageElement(since, ldb.FLAG_MOD_REPLACE, "pwdLastSet")
database.modify(message, controls=["local_oid:1.3.6.1.4.1.7165.4.3.12:0"])
"""


@dataclass
class Samba:
    """A running domain controller. Shape: `address` is its IPv4 address; `ca` is PEM."""

    home: Path
    crew: Crew
    address: str
    ca: str

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "server services": "ldap",
            "interfaces": f"{self.address}/8",
            "bind interfaces only": "yes",
            "tls cafile": self.home / "ca.pem",
            "tls certfile": self.home / "server.pem",
            "tls keyfile": self.home / "server.key",
            "pid directory": self.home,
            "ncalrpc dir": self.home / "ncalrpc",
            "log file": self.home / "samba-own.log",
        }
        more = (f"--option={name}={value}" for name, value in options.items())
        # A single process: what stops it stops all of it.
        command = ("/usr/sbin/samba", "-i", "-M", "single", "-s", str(_settings(self.home)), *more)
        self.crew.start("samba", command)
        self.crew.wait("samba", self._listens, seconds=60)

    def stop(self) -> None:
        """Stop it."""
        self.crew.stop("samba")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop its process without ending it: connections are accepted by the kernel, and nobody answers."""
        process = self._child.process
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def unit(self, name: str, *, within: str = BASE) -> str:
        """Add an organisational unit, for the people of one test module. Return its DN."""
        dn = f"OU={name},{within}"
        self.add(dn, objectClass="organizationalUnit")
        return dn

    def person(
        self,
        name: str,
        *,
        within: str = f"CN=Users,{BASE}",
        password: str = PASSWORD,
        control: int = NORMAL_ACCOUNT,
        **attributes: str | Collection[str],
    ) -> str:
        """Add a person with a username, a UPN, a full name and an email address. Return their DN."""
        dn = f"CN={name.title()},{within}"
        usual: dict[str, str | Collection[str]] = {
            "sAMAccountName": name,
            "userPrincipalName": f"{name}@{DOMAIN}",
            "displayName": name.title(),
            "mail": f"{name}@{DOMAIN}",
        }
        self.add(dn, objectClass="user", **(usual | attributes))
        self.change(dn, unicodePwd=_quoted(password))
        self.change(dn, userAccountControl=str(control))
        return dn

    def group(self, name: str, *members: str, within: str = f"CN=Users,{BASE}") -> str:
        """Add a group. Shape: `members` are DNs of people or groups. Return its DN."""
        dn = f"CN={name},{within}"
        more = {"member": members} if members else {}
        self.add(dn, objectClass="group", sAMAccountName=name, **more)
        return dn

    def add(self, dn: str, **attributes: str | bytes | Collection[str]) -> None:
        """Add an entry."""
        self._modify(f"dn: {dn}\nchangetype: add\n{_lines(attributes)}")

    def change(self, dn: str, **attributes: str | bytes | Collection[str]) -> None:
        """Replace attributes of an entry; an empty value removes one."""
        parts = (f"replace: {name}\n{_lines({name: value})}-\n" for name, value in attributes.items())
        self._modify(f"dn: {dn}\nchangetype: modify\n{''.join(parts)}")

    def set_password(self, dn: str, password: str) -> None:
        """Set a person's password."""
        self.change(dn, unicodePwd=_quoted(password))

    def expire_password(self, dn: str) -> None:
        """Let a person's password be years old, and expire after two days. Only Samba's API can set its age."""
        self.add(
            f"CN={secrets.token_hex(4)},CN=Password Settings Container,CN=System,{BASE}",
            objectClass="msDS-PasswordSettings",
            **_EXPIRING | {"msDS-PSOAppliesTo": dn},
        )
        given = (str(_settings(self.home)), str(self.home / "private" / "sam.ldb"), dn, "133000000000000000")
        subprocess.run(("/usr/bin/python3", "-c", _SET_AGE, *given), check=True, capture_output=True, timeout=60)

    def move(self, dn: str, rdn: str, *, within: str) -> str:
        """Rename an entry, or move it into another unit. Return its new DN."""
        self._modify(f"dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\nnewsuperior: {within}\n")
        return f"{rdn},{within}"

    def delete(self, dn: str) -> None:
        """Delete an entry."""
        self._modify(f"dn: {dn}\nchangetype: delete\n")

    def read(self, dn: str, attribute: str) -> list[str]:
        """Return the values of an attribute of an entry."""
        told = self._run("ldapsearch", "", "-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", dn, attribute)
        start = f"{attribute}: "
        return [line.removeprefix(start) for line in told.splitlines() if line.startswith(start)]

    def guess(self, name: str, password: str) -> str:
        """Try a password at the directory itself. Return its error text, empty if the password was correct."""
        account = ("-x", "-H", f"ldaps://{self.address}", "-D", f"{name}@{DOMAIN}", "-w", password)
        command = ("/usr/bin/ldapsearch", *account, "-s", "base", "-b", BASE, "1.1")
        done = subprocess.run(command, env=self._trust, text=True, check=False, capture_output=True, timeout=60)
        return done.stderr if done.returncode else ""

    def is_locked(self, dn: str) -> bool:
        """Return whether the directory has locked an account."""
        return self.read(dn, "lockoutTime") not in ([], ["0"])

    @property
    def _trust(self) -> dict[str, str]:
        return {"LDAPTLS_CACERT": str(self.home / "ca.pem")}

    @property
    def _child(self) -> Child:
        return next(child for child in self.crew.children if child.name == "samba")

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection((self.address, 636), timeout=0.5):
            return True
        return False

    def _modify(self, ldif: str) -> None:
        self._run("ldapmodify", ldif)

    def _run(self, program: str, given: str, *arguments: str) -> str:
        administrator = ("-x", "-H", f"ldaps://{self.address}", "-D", _ADMIN, "-w", _ADMIN_PASSWORD)
        done = subprocess.run(
            (f"/usr/bin/{program}", *administrator, *arguments),
            input=given,
            env=self._trust,
            text=True,
            check=False,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _quoted(password: str) -> bytes:
    """Return a password as the attribute unicodePwd takes it. Source: MS-ADTS, 3.1.1.3.1.5."""
    return f'"{password}"'.encode("utf-16-le")


def _lines(attributes: dict[str, str | bytes | Collection[str]] | dict[str, tuple[str, ...]]) -> str:
    lines = []
    for name, value in attributes.items():
        for each in [value] if isinstance(value, str | bytes) else value:
            raw = each.encode() if isinstance(each, str) else bytes(each)
            lines += [f"{name}:: {base64.b64encode(raw).decode()}\n"] if raw else []
    return "".join(lines)


def start(kept: Path, home: Path, crew: Crew) -> Samba:
    """Start a server on a copy of a domain, which is made once. Shape: `kept` is a folder that lasts."""
    shutil.copytree(_domain(kept), home, dirs_exist_ok=True)
    _settings(home).write_text(_settings(home).read_text().replace(str(kept / "new"), str(home)))
    address = _free_address()
    samba = Samba(home, crew, address, ca=_certify(home, address))
    samba.start()
    return samba


def _settings(home: Path) -> Path:
    return home / "etc" / "smb.conf"


def _domain(kept: Path) -> Path:
    """Return the folder of a domain with a service account. Making one takes 20 seconds."""
    version = subprocess.run(["/usr/sbin/samba", "--version"], text=True, check=True, capture_output=True).stdout
    name = hashlib.sha256(Path(__file__).read_bytes() + version.encode()).hexdigest()[:16]
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # else each process would make one
        if not (kept / name).exists():
            for old in kept.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _provision(kept / "new")
            (kept / "new").rename(kept / name)
    return kept / name


def _provision(home: Path) -> None:
    home.mkdir()
    empty = home / "empty.conf"
    empty.write_text("[global]\n")
    _tool("domain", "provision", f"--configfile={empty}", f"--targetdir={home}", *_PROVISION)
    here = ("-H", str(home / "private" / "sam.ldb"), f"--configfile={_settings(home)}")
    _tool("domain", "passwordsettings", "set", *here, *_POLICY)
    name = ACCOUNT.split(",", maxsplit=1)[0].removeprefix("CN=")
    _tool("user", "create", name, ACCOUNT_PASSWORD, *here)
    _tool("user", "setexpiry", name, "--noexpiry", *here)


def _tool(*arguments: str) -> None:
    done = subprocess.run(("/usr/bin/samba-tool", *arguments), text=True, check=False, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr


def _free_address() -> str:
    """Return an address of the loopback network that has no LDAP server."""
    while True:
        address = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
        with socket.socket() as probe, suppress(OSError):
            probe.bind((address, 636))
            return address


def _certify(home: Path, address: str) -> str:
    """Create an authority and the server's certificate, as a domain has them. Return the authority's."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["/usr/bin/openssl", *arguments], cwd=home, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=Example CA", "-keyout", "ca.key", "-out", "ca.pem")
    names = f"subjectAltName=DNS:{HOST},IP:{address}"
    asked = ("-subj", f"/CN={HOST}", "-addext", names, "-keyout", "server.key", "-out", "server.csr")
    openssl("req", *new, *asked)
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-copy_extensions", "copy", "-out", "server.pem")
    openssl("x509", "-req", "-in", "server.csr", *signed)
    (home / "server.key").chmod(0o600)
    return (home / "ca.pem").read_text()
