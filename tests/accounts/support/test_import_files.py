"""Tests of imports of people as spreadsheets write them, and that every import finishes."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, OperationalError
from django.utils import timezone

from accounts.models import Import, User
from accounts.support.imports import csv_tables, file_formats, jobs, people_rows
from accounts.support.reports import csv_export
from accounts.support.views import imports as views
from tests.people import Clock, Person, hire, join
from verification.context import Context
from verification.models import AuditEvent

HEAD = "user name,name,mail,groups,state"
ROW = "m.one,M One,m1@example.org,,"
IMPORT = "/admin/accounts/user/import/"


def bring(text: str, staff: User, here: Context, *, is_dry_run: bool = False) -> Import:
    job = jobs.begin("people", text, staff, here, name="file.csv", is_dry_run=is_dry_run)
    jobs.work(here.now)
    job.refresh_from_db()
    return job


def test_a_file_keeps_its_name_but_no_sign_that_turns_it_round(root: Person, here: Context) -> None:
    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, here, name="vsc\u202eexe.لیست", is_dry_run=True)

    assert job.name == "vscexe.لیست"


def counts(job: Import) -> tuple[int, int, int, int]:
    return job.n_new, job.n_changed, job.n_same, len(job.faults)


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
def test_reads_what_spreadsheets_write(how: str, root: Person, here: Context) -> None:
    job = bring(file_formats.read(SPREADSHEETS[how], "people"), root.user, here)

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
def test_says_which_line_of_a_file_cannot_be_read(text: str, words: str, root: Person, here: Context) -> None:
    with pytest.raises(file_formats.Unreadable, match=words):
        bring(file_formats.read(text.encode(), "people"), root.user, here)


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
    with pytest.raises(file_formats.Unreadable, match=words):
        file_formats.read(raw, kind)


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
def test_a_bad_row_is_named_and_stops_no_other(what: str, is_dry_run: bool, root: Person, here: Context) -> None:
    """Seen: a mail address too long for its column stalled the file for ever, though its dry run had been fine."""
    row, words = BAD_ROWS[what]
    before = User.objects.count()

    job = bring(f"{HEAD}\ngood.one,,,,\n{row}\ngood.two,,,,\n", root.user, here, is_dry_run=is_dry_run)

    assert (job.state, counts(job)) == ("done", (2, 0, 0, 1))
    line, said = job.faults[0]
    assert line == 3
    assert words in said
    assert User.objects.count() - before == (0 if is_dry_run else 2)


def test_a_row_that_only_the_database_refuses_is_named_too(
    root: Person, here: Context, monkeypatch: pytest.MonkeyPatch
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

    job = bring(text, root.user, here)

    assert (job.state, counts(job)) == ("done", (999, 0, 0, 1))
    assert job.faults[0][0] == 779
    assert User.objects.filter(username__startswith="p").count() == 999


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save 50 rows at a time instead of 500, so that 60 rows are more than one chunk."""
    monkeypatch.setattr(jobs, "_CHUNK", 50)


@pytest.mark.usefixtures("small_chunks")
def test_a_name_twice_in_a_file_is_named_however_far_apart(root: Person, here: Context) -> None:
    """Seen: rows were compared within five hundred only, and the later one won."""
    text = HEAD + "\nAnna,First,,,\n" + "".join(f"p{n},,,,\n" for n in range(60)) + "ANNA,Second,,,\n"

    job = bring(text, root.user, here)

    assert job.faults == [[63, "anna appears twice in the file. Remove one of the rows."]]
    assert User.objects.get(username="anna").name == "First"


TOKENS = "upn,serial number,secret key,time interval,manufacturer,model\n"


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("is_dry_run", [True, False], ids=["dry run", "applied"])
def test_a_token_twice_in_a_file_is_named_however_far_apart(is_dry_run: bool, root: Person, here: Context) -> None:
    """Seen: tokens were compared within five hundred only; the dry run was fine, and the later row won."""
    rows = "".join(f",T{n},{'A' * 26}{'B' * 6},30,,\n" for n in range(60))
    job = jobs.begin("tokens", f"{TOKENS}{rows},t0,{'C' * 32},30,,\n", root.user, here, name="x", is_dry_run=is_dry_run)
    jobs.work(here.now)
    job.refresh_from_db()

    assert (job.n_new, job.n_changed) == (60, 0)
    assert job.faults == [[62, "Token T0: This serial number appears twice in the file. Remove one of the rows."]]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("is_dry_run", [True, False], ids=["dry run", "applied"])
def test_a_token_is_handed_to_one_of_two_who_are_named(is_dry_run: bool, root: Person, here: Context) -> None:
    """Seen: the dry run handed it to both."""
    ana, _ben = join("ana"), join("ben")
    rows = "".join(f",T{n},{'A' * 26}{'B' * 6},30,,\n" for n in range(60))
    jobs.begin("tokens", TOKENS + rows, root.user, here, name="x", is_dry_run=False)
    jobs.work(here.now)
    wanted = "".join(f"T{n},{ana.user.username}\n" for n in range(60))

    job = jobs.begin(
        "assign", f"serial number,user\n{wanted}T0,ben\n", root.user, here, name="x", is_dry_run=is_dry_run
    )
    jobs.work(here.now)

    job.refresh_from_db()
    assert job.n_new == 60
    assert job.faults == [[62, "Token T0: This serial number appears twice in the file. Remove one of the rows."]]


def test_a_rounded_serial_number_is_told_from_an_unknown_one(root: Person, here: Context) -> None:
    join("ana")

    job = jobs.begin("assign", "serial number,user\n2.3E+12,ana\n", root.user, here, name="x", is_dry_run=True)
    jobs.work(here.now)

    job.refresh_from_db()
    assert "rounded" in job.faults[0][1]


def test_all_wrong_rows_are_counted_though_not_all_are_kept(
    root: Person, here: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_MOST_FAULTS", 5)

    job = bring(f"{HEAD}\n" + "no name,,,,\n" * 8 + "one,,,,\n", root.user, here)

    assert (job.n_wrong, len(job.faults)) == (8, 5)


def test_a_file_at_which_our_program_fails_has_failed(
    root: Person, here: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(people_rows, "apply", broken)

    job = bring(f"{HEAD}\n{ROW}\n", root.user, here)

    assert (job.state, job.sealed, len(job.faults)) == ("failed", "", 1)
    assert job.faults[0][0] == 0
    assert jobs.work(here.now) == 0


def test_a_file_that_stops_its_worker_again_and_again_has_failed(
    root: Person, here: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, here, name="x", is_dry_run=False)
    monkeypatch.setattr(people_rows, "apply", killed)
    for n in range(5):
        with pytest.raises(Killed):
            jobs.work(here.now + n * jobs._LEASE * 2)

    assert jobs.work(here.now + 10 * jobs._LEASE) == 1
    job.refresh_from_db()
    assert (job.state, job.sealed) == ("failed", "")


def test_a_database_that_is_away_ends_no_file(root: Person, here: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = people_rows.apply

    def away(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, here, name="x", is_dry_run=False)
    monkeypatch.setattr(people_rows, "apply", away)
    with pytest.raises(OperationalError):
        jobs.work(here.now)
    monkeypatch.setattr(people_rows, "apply", apply)

    assert jobs.work(here.now + 2 * jobs._LEASE) == 1
    job.refresh_from_db()
    assert (job.state, job.n_new) == ("done", 1)


# Cancelling ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def fay(db: None, clock: Clock) -> Person:
    person = hire("fay", "Administrators")
    person.sign_in(to="/admin/")
    return person


def test_an_import_is_cancelled_on_its_page(fay: Person) -> None:
    sent: dict[str, Any] = {"kind": "people", "file": SimpleUploadedFile("p.csv", f"{HEAD}\n{ROW}\n".encode())}
    fay.browser.send(IMPORT, **sent)
    fay.browser.follow("Cancel import")
    page = fay.browser.press("Cancel import", reason="The wrong file.")

    assert "Import cancelled" in page
    assert jobs.work(timezone.now()) == 0
    job = Import.objects.get()
    assert (job.state, job.sealed) == ("cancelled", "")
    event = AuditEvent.objects.get(kind="people.import_cancelled")
    assert event.actor_id == fay.user.pk
    assert not page.offers("Import 1")


def test_cancelling_keeps_what_was_applied_and_stops_the_rest(
    root: Person, here: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is in the midst of its second step."""
    job = jobs.begin(
        "people",
        HEAD + "\n" + "".join(f"p{n},,,,\n" for n in range(1_400)),
        root.user,
        here,
        name="x",
        is_dry_run=False,
    )
    step = jobs._step

    def cancelled_meanwhile(running: Import, *more: Any) -> None:
        if running.n_done:
            assert jobs.cancel(job, root.user, here, reason="Enough.")
        step(running, *more)

    monkeypatch.setattr(jobs, "_step", cancelled_meanwhile)
    jobs.work(here.now)

    job.refresh_from_db()
    assert (job.state, job.n_done, job.n_new) == ("cancelled", 500, 500)
    assert User.objects.filter(username__startswith="p").count() == 500
    assert not jobs.cancel(job, root.user, here, reason="Again.")


LOST: tuple[dict[str, Any], ...] = (
    {"is_active": False},
    {"is_staff": False},
    {"is_superuser": False},
    {"blocked_until": datetime(2100, 1, 1, tzinfo=UTC)},
)


@pytest.mark.parametrize("change", LOST)
def test_a_file_ends_with_the_right_of_the_person_who_brought_it(
    root: Person, here: Context, change: dict[str, Any]
) -> None:
    job = jobs.begin("people", f"{HEAD}\n{ROW}\n", root.user, here, name="x", is_dry_run=False)
    User.objects.filter(pk=root.user.pk).update(**change)

    jobs.work(here.now)

    job.refresh_from_db()
    assert (job.state, job.n_new, job.sealed) == ("failed", 0, "")
    assert "may no longer import it" in job.faults[0][1]


# Out and in again -------------------------------------------------------------------------------------------------

ODD_NAMES = (
    "=1+1",
    "+41 79 555 01 23",
    "-x",
    "@home",
    "'quoted",
    'say "hi"',
    "semi;colon",
    "co,mma",
    "  spaces  ",
    "two\nlines",
    "Ünïcödé Ω 漢字",
    "",
    "0001234",
    "1E+05",
    "TRUE",
    "'=1+1",
    "''-1",
    '="0001"',
)
ODD_GROUPS = (
    "R&D; Zürich, 2nd floor",
    "FOREST\\finance",
    "ends with \\",
    "both\\; of them",
    "two  spaces",
    " at its ends ",
    "Zu\u0308rich",
    "'=x",
    "=y",
)
ODD_USER_NAMES = ("3e12", "'=z", "=z", "+41", "#1", "a,b", "semi;colon", "total", "x\u200by", "back\\")


def exported() -> str:
    keys = list(User.objects.order_by("username").values_list("pk", flat=True))
    return "".join(csv_export.lines(views._rows(keys)))


def rows_of_people() -> list[dict[str, Any]]:
    fields = ("username", "name", "email", "second_step", "groups__name", "epoch")
    return list(User.objects.order_by("pk").values(*fields))


def test_what_goes_out_comes_in_again_and_changes_nothing(root: Person, here: Context) -> None:
    odd = [Group.objects.create(name=name) for name in ODD_GROUPS]
    for name in ODD_USER_NAMES:
        join(name)
    for n, name in enumerate(ODD_NAMES):
        user = join(f"p{n}", second_step=("enabled", "enforced", "disabled")[n % 3]).user
        User.objects.filter(pk=user.pk).update(name=name)
        if n % 2:
            user.groups.add(odd[n % len(odd)], odd[n * 2 % len(odd)], odd[n * 5 % len(odd)])
    User.objects.filter(username="total").update(email="root@localhost")
    hire("sue", "Support desk")
    n_people = User.objects.count()
    before = list(
        User.objects.order_by("pk").values("username", "name", "email", "second_step", "groups__name", "epoch")
    )

    job = bring(file_formats.read(exported().encode(), "people"), root.user, here)

    assert counts(job) == (0, 0, n_people, 0), job.faults
    after = list(
        User.objects.order_by("pk").values("username", "name", "email", "second_step", "groups__name", "epoch")
    )
    assert after == before


def test_an_export_opens_in_excel_with_its_letters(root: Person) -> None:
    User.objects.filter(pk=root.user.pk).update(name="＝cmd|'/C calc'!A0")

    text = exported()

    assert text.startswith("\ufeffusername,")
    starts = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
    assert not [row for row in csv.reader(io.StringIO(text)) for cell in row if cell.startswith(starts)]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+41", "-x", "@x", "\n=1", "＝1", "＋1", "－1", "＠x", "x", "'x", "'", "", "'=1", "''=1", "'\tx"]
)
def test_a_cell_comes_back_as_it_was(cell: str) -> None:
    assert csv_tables.unquoted(str(csv_export._harmless(cell))) == cell


def test_disabled_is_said_to_keep_nobody_out(root: Person, here: Context) -> None:
    join("leaver")
    join("already", second_step="disabled")

    job = bring(
        f"{HEAD}\nleaver,,leaver@example.org,,disabled\nalready,,,,disabled\n", root.user, here, is_dry_run=True
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

    assert "1 row to check" in page
    assert "only a password" in page
