"""`manage.py --demo`: a command runs on the demo's data when it is asked for, and never by accident."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.conf import settings


def run_manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), *arguments]
    clean = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(program, env=clean, capture_output=True, text=True, check=False, timeout=60)


def made(home: Path) -> Path:
    """Write what a demo leaves in its folder."""
    (home / "keys").write_text(f"SECRET_KEY={'k' * 50}\nMFA_KEYS=demo:{'A' * 43}=\n")
    (home / "environment").write_text("PUBLIC_URL=http://localhost:8099\n")
    return home


ASKS = ("shell", "-v0", "-c", "from django.conf import settings as s; print(s.DEMO, s.PUBLIC_URL)")


def test_runs_a_command_on_the_demo_of_a_folder(tmp_path: Path) -> None:
    """Seen failing: each command wanted DEMO and DEMO_DIR spelled out, and made links to another port."""
    answer = run_manage(f"--demo={made(tmp_path)}", *ASKS)

    assert answer.stdout.strip() == "True http://localhost:8099", answer.stderr


def test_uses_no_demo_unless_asked(tmp_path: Path) -> None:
    answer = run_manage(*ASKS, DEMO_DIR=str(made(tmp_path)))

    assert answer.returncode != 0
    assert "SECRET_KEY" in answer.stderr
    assert "--demo" in answer.stderr


def test_refuses_the_demo_where_a_real_installation_is_set_up(tmp_path: Path) -> None:
    answer = run_manage(f"--demo={made(tmp_path)}", *ASKS, DATABASE_URL="postgres://two-step@127.0.0.1/two-step")

    assert answer.returncode != 0
    assert "DATABASE_URL" in answer.stderr
    assert "True" not in answer.stdout


def test_says_how_to_start_a_demo_where_there_is_none(tmp_path: Path) -> None:
    answer = run_manage(f"--demo={tmp_path}", *ASKS)

    assert answer.returncode != 0
    assert "make demo" in answer.stderr


def test_says_how_to_start_a_demo_when_asked_for_a_code_of_none(tmp_path: Path) -> None:
    """Seen failing: the answer was that SECRET_KEY is empty."""
    answer = run_manage("demo_code", "ana", DEMO_DIR=str(tmp_path))

    assert answer.returncode != 0
    assert "make demo" in answer.stderr


def test_says_that_migrations_are_missing(tmp_path: Path) -> None:
    """Seen failing: a traceback said that a table doesn't exist."""
    answer = run_manage(f"--demo={made(tmp_path)}", "verify_audit")

    assert answer.returncode != 0
    assert "Traceback" not in answer.stderr
    assert "manage.py migrate" in answer.stderr


def test_says_what_to_do_when_a_process_starts_before_the_migrations(tmp_path: Path) -> None:
    """Seen failing: a worker logged every two seconds that it can't reach the database, and a web process nothing."""
    what_processes_do = "from mfasite import checks; checks.log_database_error()"

    answer = run_manage(f"--demo={made(tmp_path)}", "shell", "--no-imports", "-v0", "-c", what_processes_do)

    assert answer.returncode == 0
    assert "lacks migrations of this version" in answer.stderr
    assert "manage.py migrate" in answer.stderr


def test_migrate_says_what_failed(tmp_path: Path) -> None:
    """Seen failing: the answer was to run `migrate`."""
    home = made(tmp_path)
    with closing(sqlite3.connect(home / "db.sqlite3")) as database:
        database.execute("CREATE TABLE django_content_type (id)")

    answer = run_manage(f"--demo={home}", "migrate")

    assert answer.returncode != 0
    assert "django_content_type" in answer.stderr


def test_shows_the_traceback_of_a_database_error_on_request(tmp_path: Path) -> None:
    assert "Traceback" in run_manage(f"--demo={made(tmp_path)}", "verify_audit", "--traceback").stderr
