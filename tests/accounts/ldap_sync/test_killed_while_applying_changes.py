"""A process that reads a directory is killed while it applies what changed: nothing is lost, nothing is done twice."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Directory, DirectorySync, User
from mfasite.demo import child_processes
from mfasite.demo.child_processes import Crew
from tests.real_programs.slapd import BASE, Slapd
from tests.verification.conftest import for_workers
from verification.models import AuditEvent

PEOPLE = 3000
_TASK = """
import os, signal
import django
django.setup()
from accounts.ldap_sync import applying_batches, sync_runs
from accounts.tasks import sync_directories

def dying(usual, left):
    def call(*arguments):
        nonlocal left
        found = usual(*arguments)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    return call

{dies}
sync_directories()
"""
# Where a process dies: on its second page, and each time within the transaction of a batch that it has just applied.
DEATHS = (
    "sync_runs._keep = dying(sync_runs._keep, 2)",
    "applying_batches.apply = dying(applying_batches.apply, 2)",
    "applying_batches.apply = dying(applying_batches.apply, 1)",
    "applying_batches.apply = dying(applying_batches.apply, 3)",
)

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("slapd_kills"),
]


@pytest.fixture
def crew(transactional_db: None, tmp_path: Path) -> Iterator[Crew]:
    """Return a crew whose processes share this test's database."""
    with child_processes.crew(tmp_path, for_workers(tmp_path, broker="", url="")) as crew:
        yield crew


def _ran(crew: Crew, dies: str) -> int:
    """Run the task in a process of its own. Return the status that it ends with."""
    child = crew.start("reader", child_processes.python("-c", _TASK.format(dies=dies)))
    status = child.process.wait(timeout=120)
    crew.children.remove(child)
    return status


def test_a_run_is_finished_by_the_next_worker(
    slapd: Slapd, transactional_db: None, directory: Callable[..., Directory], crew: Crew
) -> None:
    """Seen failing (people missing) when a batch was deleted before the transaction that applies it."""
    slapd.people(f"p{n}" for n in range(PEOPLE))
    slapd.group("staff", *(f"member: uid=p{n},ou=people,{BASE}" for n in range(PEOPLE)))
    directory()

    for dies in DEATHS:
        assert _ran(crew, dies) == -signal.SIGKILL
        DirectorySync.objects.update(lease_until=timezone.now() - timedelta(seconds=1))  # its lease ends
    assert _ran(crew, "") == 0
    connection.close()

    sync = DirectorySync.objects.get()
    events = Counter(AuditEvent.objects.filter(kind="directory.person_added").values_list("user_id", flat=True))
    assert (sync.n_starts, sync.n_done, sync.batches.count()) == (5, PEOPLE + 1, 0)
    assert User.objects.filter(groups__name="staff").count() == User.objects.count() == PEOPLE
    assert (len(events), set(events.values())) == (PEOPLE, {1})
