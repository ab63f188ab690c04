"""Tests of the size of an import: the page states it, and everything in front of the form lets such a file through."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.support.imports.size_limits import MAX_FILE_BYTES
from tests.infrastructure.databases import ROOT
from tests.simulated.people import Person

IMPORT = "/admin/accounts/user/import/"


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (MAX_FILE_BYTES, "The first line must name the columns"),
        (MAX_FILE_BYTES + 1, f"Choose a file of at most {MAX_FILE_BYTES // 2**20} MB."),
        (settings.FILE_UPLOAD_MAX_MEMORY_SIZE, f"Choose a file of at most {MAX_FILE_BYTES // 2**20} MB."),
    ],
)
def test_file_is_read_up_to_the_size_that_the_page_states(n_bytes: int, words: str, fay: Person) -> None:
    """Seen failing: a file of exactly this size was refused, because Django counts the rest of the form too."""
    sent: dict[str, Any] = {"kind": "people", "file": SimpleUploadedFile("x.csv", b"x" + b"\n" * (n_bytes - 1))}

    assert words in fay.browser.send(IMPORT, **sent)


def test_nginx_and_django_take_larger_requests() -> None:
    """Seen failing with a limit of 8 MB in nginx."""
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", (ROOT / "deploy/nginx-two-step.conf").read_text())

    assert MAX_FILE_BYTES < settings.FILE_UPLOAD_MAX_MEMORY_SIZE <= int(megabytes) * 2**20
