"""Tests of imports of people as spreadsheets write them, and that every import finishes."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError
from django.utils import timezone

from accounts.models import Import, User
from accounts.support.imports import jobs, people_rows, reading_files_into_rows, size_limits
from tests.accounts.support.imports.people_files import HEAD, IMPORT, ROW, counts, import_people
from tests.simulated.people import Person, join
from verification.context import Context


def test_a_file_keeps_its_name_but_no_sign_that_turns_it_round(root: Person, context: Context) -> None:
    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, context, name="vsc\u202eexe.لیست", is_dry_run=True)

    assert job.name == "vscexe.لیست"


def _cells(separator: str) -> str:
    return HEAD.replace(",", separator) + "\r\n" + ROW.replace(",", separator) + "\r\n"


SPREADSHEETS: dict[str, bytes] = {
    "comma": _cells(",").encode(),
    "Excel, German": b"\xef\xbb\xbf" + _cells(";").encode(),
    "Excel, Unicode text": ("\ufeff" + _cells("\t")).encode("utf-16-le"),
    "tabs": _cells("\t").encode(),
    "bars": _cells("|").encode(),
    "sep=": b"\xef\xbb\xbfsep=;\r\n" + _cells(";").encode(),
    "Mac": _cells(",").replace("\r\n", "\r").encode(),
    "another order": b"mail,name,user name,state,groups\nm1@example.org,M One,m.one,,\n",
    "more columns": b"user name,name,mail,groups,state,room\nm.one,M One,m1@example.org,,,12\n",
    "capitals and spaces": b"User Name , NAME,Mail,Groups,State\nm.one, M One ,m1@example.org,,\n",
    "empty lines": b"\n\n" + _cells(",").encode() + b"\n,,,,\n\n",
    "empty rows of another separator": b",,,,\n \n" + _cells(";").encode(),
    "quoted sep=": b'"sep=;"\r\n' + _cells(";").encode(),
    "sep= saved as a row": b"sep=;;;;;\r\n" + _cells(";").encode(),
    "PowerShell": b"#TYPE Selected.ADUser, of a forest, of a domain, of a unit, of all\r\n" + _cells(";").encode(),
    "two marks": b"\xef\xbb\xbf\xef\xbb\xbf" + _cells(",").encode(),
    "UTF-16 without its mark": _cells(";").encode("utf-16-le"),
    "UTF-16 of the other order": _cells(";").encode("utf-16-be"),
    "spaces within names": "user\u00a0name,name,mail,groups,state\n".encode() + ROW.encode(),
    "formula cells": b'user name,name,mail,groups,state\n"=""m.one""",M One,m1@example.org,,\n',
}


@pytest.mark.parametrize("how", SPREADSHEETS)
def test_reads_what_spreadsheets_write(how: str, root: Person, context: Context) -> None:
    job = import_people(reading_files_into_rows.read(SPREADSHEETS[how], "people"), root.user, context)

    assert counts(job) == (1, 0, 0, 0)
    user = User.objects.get(username="m.one")
    assert (user.name, user.email) == ("M One", "m1@example.org")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{HEAD}\nu.one,"U One,u1@example.org,,\n' + "u.two,U,u2@example.org,,\n" * 40, "Line 2"),
        (f"{HEAD}\nnu\0l,N,n@example.org,,\n", "Line 2"),
        ("user name,name,mail,groups\nx,,,\n", "Missing: state"),
        ("user name,name,mail,groups,state,mail\nx,,,,,\n", "a column twice"),
        (f"{HEAD}\nx,Keller, Ana,a@example.org,,enabled\n", "Line 2 has more cells"),
    ],
)
def test_says_which_line_of_a_file_cannot_be_read(text: str, words: str, root: Person, context: Context) -> None:
    with pytest.raises(reading_files_into_rows.UnreadableFile, match=words):
        import_people(reading_files_into_rows.read(text.encode(), "people"), root.user, context)


WORKBOOK = b"PK\x03\x04\x14\0\x06\0"


@pytest.mark.parametrize("kind", ["people", "tokens", "assign"])
@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (WORKBOOK, "a spreadsheet or an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a spreadsheet or an archive"),
        (b"%PDF-1.7\n", "a spreadsheet or an archive"),
        (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "a web page"),
        ("<html>".encode("utf-16"), "a web page"),
        (f"{HEAD}\n{ROW}\nm\u00fcller,,,,\n".encode("cp1252"), "Line 3 isn’t UTF-8"),
        (f"{HEAD}\r{ROW}\rm\u00fcller,,,,\r".encode("mac-roman"), "Line 3 isn’t UTF-8"),
    ],
)
def test_says_what_a_file_is_that_is_no_csv(kind: str, raw: bytes, words: str) -> None:
    """Before the fix, a web page was called a package with entities, and the error for an Excel file named no line."""
    with pytest.raises(reading_files_into_rows.UnreadableFile, match=words):
        reading_files_into_rows.read(raw, kind)


LONG = f"{'a' * 60}@{'.'.join(['b' * 60] * 3)}.example.org"

BAD_ROWS = {
    "a mail address of 255 characters": (f"x,X,{'b' * (255 - len(LONG))}{LONG},,", "254 characters"),
    "a mail address of 320 characters": (f"x,X,{'b' * (320 - len(LONG))}{LONG},,", "254 characters"),
    "a name that is too long": (f"x,{'n' * 151},,,", "150 characters"),
    "a name that grows when folded": (f"x,{'ß' * 100},,,", "150 characters"),
    "a user name that grows when folded": (f"{'ß' * 100},X,,,", "1 to 150 characters"),
    "a rounded user name": ("2.30816E+12,X,,,", "rounded"),
    "a total": ("Total,3,,,", "a row of totals"),
    "a user name with a sign that nobody sees": ("x\u200by,X,,,", "invisible character"),
    "a state of Excel": ("x,X,,,TRUE", "Enter one of these as the state"),
    "a cell of 100,000 characters": (f"x,{'n' * 100_000},,,", "150 characters"),
}


@pytest.mark.parametrize("is_dry_run", [True, False], ids=["dry run", "applied"])
@pytest.mark.parametrize("what", BAD_ROWS)
def test_a_bad_row_is_named_and_stops_no_other(what: str, is_dry_run: bool, root: Person, context: Context) -> None:
    """Seen: a mail address too long for its column stalled the file for ever, though its dry run had been fine."""
    row, words = BAD_ROWS[what]
    before = User.objects.count()

    job = import_people(f"{HEAD}\ngood.one,,,,\n{row}\ngood.two,,,,\n", root.user, context, is_dry_run=is_dry_run)

    assert (job.state, counts(job)) == ("done", (2, 0, 0, 1))
    line, said = job.faults[0]
    assert line == 3
    assert words in said
    assert User.objects.count() - before == (0 if is_dry_run else 2)


def test_a_row_that_only_the_database_refuses_is_named_too(
    root: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody thought of: the rows before and behind it come in."""
    save = people_rows._save

    def refusing(made: Any, changed: Any, groups: Any) -> Any:
        saved = save(made, changed, groups)
        if any(wanted.username == "p777" for wanted in made):
            raise DataError("a value that no check knows")
        return saved

    monkeypatch.setattr(people_rows, "_save", refusing)
    text = HEAD + "\n" + "".join(f"p{n},,,,\n" for n in range(1_000))

    job = import_people(text, root.user, context)

    assert (job.state, counts(job)) == ("done", (999, 0, 0, 1))
    assert job.faults[0][0] == 779
    assert User.objects.filter(username__startswith="p").count() == 999


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save 50 rows at a time instead of 500, so that 60 rows are more than one chunk."""
    monkeypatch.setattr(jobs, "_CHUNK", 50)


@pytest.mark.usefixtures("small_chunks")
def test_a_name_twice_in_a_file_is_named_however_far_apart(root: Person, context: Context) -> None:
    """Seen: rows were compared within five hundred only, and the later one won."""
    text = HEAD + "\nAnna,First,,,\n" + "".join(f"p{n},,,,\n" for n in range(60)) + "ANNA,Second,,,\n"

    job = import_people(text, root.user, context)

    assert [(line, words.split()[0]) for line, words in job.faults] == [(63, "anna")]
    assert User.objects.get(username="anna").name == "First"


TOKENS = "upn,serial number,secret key,time interval,manufacturer,model\n"


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("is_dry_run", [True, False], ids=["dry run", "applied"])
def test_a_token_twice_in_a_file_is_named_however_far_apart(is_dry_run: bool, root: Person, context: Context) -> None:
    """Seen: tokens were compared within five hundred only; the dry run was fine, and the later row won."""
    rows = "".join(f",T{n},{'A' * 26}{'B' * 6},30,,\n" for n in range(60))
    job = jobs.begin(
        "tokens", f"{TOKENS}{rows},t0,{'C' * 32},30,,\n", root.user, context, name="x", is_dry_run=is_dry_run
    )
    jobs.work(context.now)
    job.refresh_from_db()

    assert (job.n_new, job.n_changed) == (60, 0)
    assert [(line, words.partition(":")[0]) for line, words in job.faults] == [(62, "Token T0")]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("is_dry_run", [True, False], ids=["dry run", "applied"])
def test_a_token_is_handed_to_one_of_two_who_are_named(is_dry_run: bool, root: Person, context: Context) -> None:
    """Seen: the dry run handed it to both."""
    ana, _ben = join("ana"), join("ben")
    rows = "".join(f",T{n},{'A' * 26}{'B' * 6},30,,\n" for n in range(60))
    jobs.begin("tokens", TOKENS + rows, root.user, context, name="x", is_dry_run=False)
    jobs.work(context.now)
    wanted = "".join(f"T{n},{ana.user.username}\n" for n in range(60))

    job = jobs.begin(
        "assign", f"serial number,user\n{wanted}T0,ben\n", root.user, context, name="x", is_dry_run=is_dry_run
    )
    jobs.work(context.now)

    job.refresh_from_db()
    assert job.n_new == 60
    assert [(line, words.partition(":")[0]) for line, words in job.faults] == [(62, "Token T0")]


def test_a_rounded_serial_number_is_told_from_an_unknown_one(root: Person, context: Context) -> None:
    join("ana")

    job = jobs.begin("assign", "serial number,user\n2.3E+12,ana\n", root.user, context, name="x", is_dry_run=True)
    jobs.work(context.now)

    job.refresh_from_db()
    assert "rounded" in job.faults[0][1]


def test_all_wrong_rows_are_counted_though_not_all_are_kept(
    root: Person, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size_limits, "MAX_ERRORS_KEPT", 5)

    job = import_people(f"{HEAD}\n" + "no name,,,,\n" * 8 + "one,,,,\n", root.user, context)

    assert (job.n_wrong, len(job.faults)) == (8, 5)


@pytest.mark.usefixtures("no_check")
def test_disabled_is_said_to_keep_nobody_out(root: Person, context: Context) -> None:
    join("leaver")
    join("already", second_step="disabled")

    job = import_people(
        f"{HEAD}\nleaver,,leaver@example.org,,disabled\nalready,,,,disabled\n", root.user, context, is_dry_run=True
    )

    ((line, words),) = job.warnings
    assert line == 2
    assert "only a password" in words
    assert "block them" in words


def test_the_page_shows_what_to_look_at(fay: Person) -> None:
    sent: dict[str, Any] = {"kind": "people", "file": SimpleUploadedFile("p.csv", f"{HEAD}\nx,,,,disabled\n".encode())}
    fay.browser.send(IMPORT, **sent)
    jobs.work(timezone.now())

    page = fay.browser.reload()

    [(line, words)] = Import.objects.get().warnings
    assert 'id="warned"' in page.html
    assert f"{line} {words}" in page
