"""PostgreSQL, Redis and web servers for a single test, which it can stop and empty."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mfasite.demo import child_processes, starting_redis
from mfasite.demo.child_processes import BASE_DIR, Crew
from tests.real_programs.ports import free_port
from tests.settings import KEYS


def programs() -> Path:
    """Find PostgreSQL's programs. Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    where = str(found[-1]) if found else shutil.which("pg_ctl")
    assert where, "Debian: apt-get install postgresql"
    return Path(where).parent


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server in its own folder. PostgreSQL refuses to run as root."""

    home: Path
    port: int
    host: str = "127.0.0.1"
    options: str = ""

    @property
    def pid(self) -> int:
        return int((self.home / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def url(self) -> str:
        return f"postgres://postgres@{self.host}:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        done = subprocess.run(
            [*user, str(programs() / program), "-D", str(self.home / "data"), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr

    def make(self) -> None:
        """Make its folder."""
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres")
        self._run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8")
        with (self.home / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {self.host}/24 trust\n")

    def start(self) -> None:
        where = f"-p {self.port} -c listen_addresses={self.host} -c unix_socket_directories="
        options = f"{where} -c max_connections=60 {self.options}"
        self._run("pg_ctl", "-l", str(self.home / "log"), "-w", "-o", options, "start")

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "-w", "-m", how, "stop")

    def restart(self) -> None:
        """Stop as in a crash, which cuts every connection, and start again."""
        self.stop()
        self.start()


@contextmanager
def postgres(host: str = "127.0.0.1", options: str = "") -> Iterator[Postgres]:
    """Run a server for as long as the block lasts, in a folder that its own user may enter; a test's own may not be."""
    with TemporaryDirectory(prefix="mfa-pg-") as folder:
        server = Postgres(Path(folder), free_port(), host, options)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def redis(home: Path, *, host: str = "") -> Iterator[tuple[Crew, str]]:
    """Run a broker for as long as the block lasts; gives the crew that it belongs to, and its address.

    It listens on a socket in its folder, and for other hosts on an address as well.
    """
    folder, port = starting_redis.room(home), free_port()
    where = ("--port", str(port), "--bind", host, "--protected-mode", "no") if host else ()
    with child_processes.crew(home, os.environ) as crew:
        crew.start("broker", (*starting_redis.command(folder), *where))
        crew.wait("The broker", (folder / starting_redis.SOCKET).exists, seconds=10)
        yield crew, f"redis://{host}:{port}/0" if host else starting_redis.address(folder)


def certificate(folder: Path, name: str, *, also: str = "") -> tuple[Path, Path]:
    """Create a self-signed certificate for a host name, and return the paths of certificate and key.

    Shape: `also` is a further name as openssl writes it, such as IP:127.0.0.1.
    """
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}{',' if also else ''}{also}")
    files = ("-keyout", str(key), "-out", str(made))
    subprocess.run(["openssl", "req", "-x509", *curve, *subject, *files], check=True, capture_output=True)
    return made, key


# What systemd does when it starts a service that has a socket. Source: sd_listen_fds(3).
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
"""


class WebServer:
    """The web server, with a socket that another process holds, as systemd does."""

    def __init__(self, room: Path, *, bind: str = "") -> None:
        self.held = socket.create_server(("127.0.0.1", free_port()), backlog=2048)
        self.url = f"http://127.0.0.1:{self.held.getsockname()[1]}"
        self.room = room
        self.bind = bind or f"127.0.0.1:{self.held.getsockname()[1]}"

    def start(self) -> subprocess.Popen[str]:
        environment = os.environ | KEYS | {"DJANGO_SETTINGS_MODULE": "mfasite.settings", "DEMO": "1"}
        environment |= {"BIND": self.bind, "PUBLIC_URL": self.url, "WEB_WORKERS": "2"}
        environment |= {"DATABASE_URL": f"sqlite:///{self.room}/db", "REDIS_URL": "redis+socket:///nowhere/broker"}
        number = self.held.fileno()
        command = [sys.executable, "-c", HAND_OVER, str(number), *child_processes.web()]
        return subprocess.Popen(
            command, cwd=BASE_DIR, env=environment, pass_fds=[number], text=True, stderr=subprocess.PIPE
        )
