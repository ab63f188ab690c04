"""Simulated hosts on one machine: network namespaces on a bridge. Needs root and Debian's iproute2."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

BRIDGE, HUB = "mfa-hub", "10.77.0.1"


def _ip(*arguments: str, must: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not must, done.stderr


@dataclass(frozen=True)
class Host:
    """One host, with an address of its own on the bridge."""

    name: str
    address: str

    def command(self, command: Sequence[str]) -> tuple[str, ...]:
        """Return a command line that runs there."""
        return ("ip", "netns", "exec", self.name, *command)


@contextmanager
def network(*names: str) -> Iterator[dict[str, Host]]:
    """Create a bridge with hosts, and remove everything afterwards, even after an error."""
    hosts = {name: Host(f"mfa-{name}", f"10.77.0.{place}") for place, name in enumerate(names, start=11)}
    try:
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{HUB}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for place, host in enumerate(hosts.values()):
            _ip("netns", "add", host.name)
            _ip("link", "add", f"mfa-v{place}", "type", "veth", "peer", "name", "eth0", "netns", host.name)
            _ip("link", "set", f"mfa-v{place}", "master", BRIDGE)
            _ip("link", "set", f"mfa-v{place}", "up")
            _ip("-n", host.name, "addr", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", host.name, "link", "set", device, "up")
        yield hosts
    finally:
        for host in hosts.values():
            _ip("netns", "del", host.name, must=False)
        _ip("link", "del", BRIDGE, must=False)
