"""Tests that what was exported comes in again and changes nothing, and opens in a spreadsheet."""

import csv
import io

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.support.imports import csv_encoding_and_separators, people_export, reading_files_into_rows
from accounts.support.reports import csv_without_formulas
from tests.accounts.support.imports.people_files import counts, import_people
from tests.simulated.people import Person, hire, join
from verification.context import Context

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
    return "".join(csv_without_formulas.lines(people_export.rows(keys)))


def test_what_goes_out_comes_in_again_and_changes_nothing(root: Person, context: Context) -> None:
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

    job = import_people(reading_files_into_rows.read(exported().encode(), "people"), root.user, context)

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
    assert csv_encoding_and_separators.unquoted(str(csv_without_formulas._harmless(cell))) == cell
