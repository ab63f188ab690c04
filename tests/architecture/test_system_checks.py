"""Tests that Django's checks pass for the whole site, because `manage.py` refuses to start with an error."""

import os

from tests.running import fresh_process


def test_no_check_finds_an_error() -> None:
    """Seen failing: the list of articles named a column that only its own method made (admin.E108).

    In a process of its own, because other tests install providers, whose checks stay registered.
    """
    done = fresh_process.manage("check", **os.environ)

    assert done.returncode == 0, done.stderr
