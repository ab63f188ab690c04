"""Reads a whole directory by LDAP: everyone is new, then nobody, then 1 % have another name."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import django

from mfasite.demo import child_processes
from tests.bench.directories import peak_memory
from tests.bench.meter import Usage
from tests.bench.processes import driver
from tests.bench.site import MeasuredSites
from tests.real_programs import slapd as ldap_server
from tests.real_programs.slapd import ACCOUNT, ACCOUNT_PASSWORD, BASE, Slapd

_GROUPS, _NESTED = 200, 20
_PERSON = """dn: uid=p{n},ou=people,{base}
objectClass: inetOrgPerson
uid: p{n}
cn: Robin {name}
sn: {name}
mail: p{n}@example.org
mobile: +417955{n:05}
telephoneNumber: +4144{n:07}
preferredLanguage: en

"""


@dataclass(frozen=True)
class Run:
    """One run. Units: `seconds`; `memory` in MiB above that of the process before, at its peak."""

    title: str
    seconds: float
    memory: float
    usage: Usage
    counts: dict[str, int]
    events: int


def measure(up: MeasuredSites, *, people: int, say: Callable[[str], None]) -> list[Run]:
    """Read a directory of so many people three times: everything is new, nothing is, and 1 % has another name."""
    ours = up.ours
    home = ours.home / "slapd"
    home.mkdir(exist_ok=True)
    with child_processes.crew(home, {"PATH": "/usr/bin:/usr/sbin"}) as crew, up.turn(up.floor):
        say(f"a directory of {people:,} people")
        slapd = ldap_server.start(home, crew)
        slapd.fill(_tree(people))
        at = f"127.0.0.1:{slapd.tls}"
        with driver("reader", at, ours.home, ours.environment, module="tests.bench.directories.ldap") as hand:
            hand.order("make", ca=slapd.ca)

            def run(title: str) -> Run:
                say(f"the directory: {title}")
                before = ours.meter.read()
                found = hand.order("run")
                return Run(title=title, usage=ours.meter.read() - before, **found)

            return [run("everyone is new"), run("nothing is new"), *_changed(slapd, people, run)]


def _changed(slapd: Slapd, people: int, run: Callable[[str], Run]) -> Iterator[Run]:
    slapd.rename_people((f"p{n}" for n in range(0, people, 100)), "Robin Huber")
    yield run(f"{len(range(0, people, 100))} have another name")


def _tree(people: int) -> Iterator[str]:
    """Yield the people and groups as LDIF. The last groups also have other groups inside."""
    for n in range(people):
        yield _PERSON.format(n=n, name="Example", base=BASE)
    each = max(1, people // _GROUPS)
    for g in range(_GROUPS):
        members = [f"member: uid=p{n},ou=people,{BASE}" for n in range(g * each, (g + 1) * each)]
        if g >= _GROUPS - _NESTED:
            members += [f"member: cn=g{inner},ou=groups,{BASE}" for inner in range(g - _NESTED, g)]
        yield "\n".join([f"dn: cn=g{g},ou=groups,{BASE}", "objectClass: groupOfNames", f"cn: g{g}", *members, "", ""])


class _DirectoryWorker:
    """A worker that reads the directory. It has Django loaded and nothing else to do."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.directory: Any = None

    def make(self, ca: str) -> None:
        """Add the directory."""
        from accounts import ldap_directories
        from accounts.default_ldap_filters_and_attributes import FILTERS_AND_ATTRIBUTES
        from accounts.models import Directory

        made = Directory(
            name="Bench",
            servers=[self.server],
            ca=ca,
            account=ACCOUNT,
            base=f"ou=people,{BASE}",
            group_base=f"ou=groups,{BASE}",
            **FILTERS_AND_ATTRIBUTES["openldap"],
        )
        ldap_directories.seal_password(made, ACCOUNT_PASSWORD)
        made.full_clean()
        made.save()
        self.directory = made

    def run(self) -> dict[str, Any]:
        """Read it once."""
        from django.utils import timezone

        from accounts import ldap_sync
        from accounts.models import User
        from verification import audit
        from verification.context import Context

        n_events, _seals = audit.size()
        staff = User.objects.order_by("pk").first()
        assert staff is not None
        started = ldap_sync.begin(self.directory, staff, Context(now=timezone.now()), is_preview=False)
        before, begun = peak_memory.forget_peak("self"), time.perf_counter()
        ldap_sync.work(timezone.now())
        seconds, peak = time.perf_counter() - begun, peak_memory.memory("self", "VmHWM")
        started.refresh_from_db()
        assert started.state == "done", f"{started.state}: {started.error}"
        names = ("read", "added", "changed", "unchanged", "refused", "groups", "groups_changed")
        counts = {name: getattr(started, f"n_{name}") for name in names}
        after, _seals = audit.size()
        return {"seconds": seconds, "memory": peak - before, "counts": counts, "events": after - n_events}


def main() -> None:
    """Obey until the input ends."""
    django.setup()
    reader: Any = _DirectoryWorker(sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(getattr(reader, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main()
