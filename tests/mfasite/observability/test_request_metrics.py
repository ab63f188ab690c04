"""Requests are counted by page and status, over all processes of the web server."""

import re

import pytest
import urllib3

from mfasite.demo.launcher import Stack
from tests.conftest import METRICS_TOKEN

pytestmark = pytest.mark.xdist_group("stack")


def counted(stack: Stack) -> int:
    """Read how often the page of the password was shown."""
    told = urllib3.request("GET", f"{stack.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert told.status == 200
    found = re.search(rb'mfa_requests_total\{status="200",view="signin:password"\} ([0-9.]+)', told.data)
    return int(float(found[1])) if found else 0


def test_all_processes_count_together(stack: Stack) -> None:
    before = counted(stack)

    for _ in range(20):
        assert urllib3.request("GET", f"{stack.url}/sign-in/", headers={"Connection": "close"}).status == 200

    assert [counted(stack) for _ in range(6)] == [before + 20] * 6, "each process tells the sum"


def test_counts_name_pages_and_no_addresses(stack: Stack) -> None:
    urllib3.request("GET", f"{stack.url}/help/diagnose/?about=a-secret")
    urllib3.request("GET", f"{stack.url}/nowhere/a-secret/")

    told = urllib3.request("GET", f"{stack.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})

    assert b'view="help:diagnose"' in told.data
    assert b"a-secret" not in told.data
