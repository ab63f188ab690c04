"""Tests that the checks of the public host run what they say, each on the Python that it names."""

import re

from tests.infrastructure.databases import ROOT

WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text()


def test_each_python_of_the_matrix_is_the_one_that_runs() -> None:
    """Seen failing: each job ran Debian's Python, whatever the matrix said."""
    given = re.findall(r"- run: \.ci/run\n +env:\n +CI_PYTHON: (\S+ \S+ \S+)", WORKFLOW)

    assert given == ["/usr/local/bin/python${{ matrix.python }}"]
    assert "export PYTHON=${CI_PYTHON:-/usr/bin/python3}\n" in (ROOT / ".ci" / "run").read_text()


def test_matrix_begins_with_the_oldest_python_that_we_promise() -> None:
    needed = re.search(r"sys\.version_info < \((\d+), (\d+)\)", (ROOT / "Makefile").read_text())
    offered = re.search(r"python: \[(.+)\]", WORKFLOW)

    assert needed
    assert offered
    assert offered[1].split(", ")[0] == f'"{".".join(needed.groups())}"'


def test_scripts_that_the_jobs_run_are_there() -> None:
    scripts = re.findall(r"- run: (\S+)$", WORKFLOW, re.MULTILINE)

    assert scripts
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


def test_hooks_before_a_commit_run_what_lint_runs() -> None:
    """Seen failing without the words to avoid."""
    lint = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert lint
    programs = re.findall(r"(?:\$\(BIN\)/|\.ci/|manage\.py )([\w-]+)", lint[1])

    hooks = re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text())

    assert len(programs) == 8
    assert [name for name in programs if name != "python" and name not in " ".join(hooks)] == []
