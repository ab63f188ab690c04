"""An administrator brings a file in through the pages, and takes one out."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from accounts.support.imports import jobs
from tests.people import Clock, Person, hire

IMPORT = "/admin/accounts/user/import/"


@pytest.fixture
def fay(db: None, clock: Clock) -> Person:
    """Give an administrator, at work."""
    person = hire("fay", "Administrators")
    person.sign_in(to="/admin/")
    return person


def test_file_goes_through_a_dry_run_then_applied(fay: Person) -> None:
    text = b"user name,name,mail,groups,state\nnew,New,new@example.org,,\nbad name,,,,\n"
    fay.browser.go(IMPORT)
    sent: dict[str, Any] = {"kind": "people", "file": SimpleUploadedFile("people.csv", text)}

    page = fay.browser.send(IMPORT, **sent)
    assert "0 % done" in page
    jobs.work(timezone.now())
    page = fay.browser.reload()
    assert "1 new, 0 changed, 0 as they were" in page
    assert "A user name has 1 to 150 signs and no spaces." in page
    fay.browser.press("Apply the 1 good rows")
    page = fay.browser.press("Apply", reason="The list of this term.")
    jobs.work(timezone.now())

    assert "Done" in fay.browser.reload()
    assert User.objects.filter(username="new").exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SimpleUploadedFile("x.csv", b"who,what\n"), "The first line must be"),
        (SimpleUploadedFile("x.csv", b"\xff\xfe\x00"), "not UTF-8"),
        (SimpleUploadedFile("x.csv", b""), "The file is empty"),
    ],
)
def test_bad_file_is_said(file: SimpleUploadedFile, words: str, fay: Person) -> None:
    file.seek(0)
    sent: dict[str, Any] = {"kind": "people", "file": file}

    assert words in fay.browser.send(IMPORT, **sent)


def test_people_go_out_without_numbers(ana: Person, fay: Person) -> None:
    fay.browser.save("/admin/accounts/user/export/?q=ana")

    text = fay.page.html
    assert text.splitlines()[1].startswith("ana,Ana,ana@example.org,,enabled,2,")
    assert ana.phone.number not in text


def test_support_desk_brings_nothing_in(db: None, clock: Clock) -> None:
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    assert dora.browser.go(IMPORT).status == 403
    assert dora.browser.go("/admin/accounts/user/export/").status == 403
