"""Gunicorn configuration: `gunicorn -c python:mfasite.gunicorn_conf mfasite.wsgi`."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from gunicorn import systemd, util  # type: ignore[import-untyped]  # theirs

from mfasite import conf
from mfasite.environment import variables
from mfasite.observability import logs

_COUNTS = "mfa-counts-"
_OURS = {"accounts", "helpcenter", "mfasite", "verification"}
_SETTINGS = """
import sys
from django.core.exceptions import ImproperlyConfigured
try:
    import mfasite.settings
except ImproperlyConfigured as error:
    sys.exit(str(error))
"""


def _refuse_wrong_variables() -> None:
    """Exit with one clear line if variables are wrong, instead of a traceback from each worker.

    The settings are loaded in a separate process: workers inherit what this one imports, and would still run the old
    code after a reload.
    """
    told = subprocess.run([sys.executable, "-c", _SETTINGS], stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603  (ours)
    if told.returncode:
        sys.exit(told.stderr.strip())


def _refuse_another_address() -> None:
    """Exit with one clear line if systemd's socket has another address than `BIND`, which says whom we trust."""
    wanted = variables.value(conf.bind)
    for at in range(systemd.listen_fds(unset_environment=False)):
        with socket.socket(fileno=os.dup(systemd.SD_LISTEN_FDS_START + at)) as given:
            name = given.getsockname()
        if _plain(name) not in _addresses(wanted):
            told = f"BIND={wanted}, but systemd listens on {name if isinstance(name, str) else f'{name[0]}:{name[1]}'}."
            sys.exit(f"{told} Change BIND, or the address of the unit with: systemctl edit two-step-web.socket")


def _plain(name: Any) -> Any:
    return name if isinstance(name, str) else name[:2]  # of IPv6, without flow and scope


def _addresses(text: str) -> set[Any]:
    address = util.parse_address(text)
    if isinstance(address, str):
        return {address}
    try:
        return {_plain(each[-1]) for each in socket.getaddrinfo(*address)}
    except OSError:
        return set()  # a name that nobody knows


if not variables.is_set(conf.metrics_folder):  # otherwise it is a reload, which must not stop a running server
    _refuse_wrong_variables()
    # Read when workers import the library: each counts in a file there, and the process that is asked adds them up.
    os.environ[conf.metrics_folder.name] = tempfile.mkdtemp(prefix=_COUNTS)

_refuse_another_address()

bind = variables.value(conf.bind)
worker_class = "gthread"
workers = variables.value(conf.web_workers)
threads = variables.value(conf.web_threads)
timeout = 30  # seconds
graceful_timeout = 20
keepalive = 5
limit_request_line = 8190  # bytes: a page to return to, such as an authorization request, is percent-encoded in it
# It would open a socket in the home folder, which a container or a service user may not have.
control_socket_disable = True
# Only accounts.client_address decides which proxies are trusted.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""  # a proxy that passes on SCRIPT_NAME would let a client choose the prefix of our links
logconfig_dict = logs.configuration(variables.value(conf.log_level), variables.value(conf.log_format))


def post_fork(server: Any, worker: Any) -> None:
    """Let a new worker read our code from the disk: after a reload, this process still has the former version."""
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]


def child_exit(server: Any, worker: Any) -> None:
    """Keep the counters of a worker that exited, but not its gauges."""
    from prometheus_client import multiprocess  # noqa: PLC0415  (read only where the folder is known)

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # theirs


def on_exit(server: Any) -> None:
    """Delete the metrics folder if we created it. One that an operator configured is left alone."""
    folder = Path(variables.value(conf.metrics_folder))
    if folder.name.startswith(_COUNTS):
        shutil.rmtree(folder, ignore_errors=True)
