"""Tests that the worker of each queue knows every task that the scheduler or the engine puts on it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mfasite.celery import app
from mfasite.demo import child_processes
from tests.infrastructure.databases import APPS, ROOT
from tests.verification.conftest import for_workers
from verification.delivery import broker as brokers
from verification.delivery import worker_wake_ups
from verification.models import Channel

Tasks = Mapping[str, set[str]]
NAME = re.compile(rf'"((?:{"|".join(APPS)})[.\w]*\.tasks\.\w+)"')


def named_tasks() -> set[str]:
    """Return each task that the product's code names, because it defines it or asks for it."""
    return {name for app in APPS for file in (ROOT / app).rglob("*.py") for name in NAME.findall(file.read_text())}


@pytest.fixture
def known(broker: str, broker_url: str, tmp_path: Path, db: None) -> Iterator[Tasks]:
    """Start a real worker for each queue, and return the tasks that it knows."""
    environment = for_workers(tmp_path, broker=broker, url=broker_url)
    answers: dict[str, set[str]] = {}

    def have_all_answered() -> bool:
        told = app.control.inspect(timeout=1).registered() or {}
        answers.update({name.partition("@")[0]: {task.split()[0] for task in tasks} for name, tasks in told.items()})
        return set(answers) == set(brokers.QUEUES)

    with child_processes.crew(tmp_path, environment) as crew:
        for queue in brokers.QUEUES:
            crew.start(queue, child_processes.worker(queue, threads=1, queues=queue))
        crew.wait("A worker of each queue", have_all_answered, seconds=60)
        yield answers


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> Tasks:
    """Return the tasks that the timetable or other code sends to each queue."""
    tasks: dict[str, set[str]] = defaultdict(set)
    for entry in app.conf.beat_schedule.values():
        tasks[entry.get("options", {}).get("queue", app.conf.task_default_queue)].add(entry["task"])
    monkeypatch.setattr(brokers, "push", lambda queue, task, **_: tasks[queue].add(task))
    for kind in Channel:
        worker_wake_ups.publish(1, kind)
    tasks[app.conf.task_default_queue] |= named_tasks()
    return tasks


def test_worker_of_each_queue_knows_all_that_comes_to_it(known: Tasks, needed: Tasks) -> None:
    """Seen failing: no worker knew the help centre's task, so its old rows were never deleted."""
    unknown = {queue: sorted(tasks - known.get(queue, set())) for queue, tasks in needed.items()}

    assert set(needed) == set(brokers.QUEUES)
    assert not any(unknown.values()), unknown
