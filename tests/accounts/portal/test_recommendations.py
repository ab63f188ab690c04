"""Whether one could still get in on a bad day: a table of what is there and what is said."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.portal import recommendations
from verification.enrolments import EnrolmentLimits, Option
from verification.models import Enrolment

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HALF_YEAR = timedelta(days=182)


@dataclass
class Way:
    """One option in short."""

    method: str
    phone: str = ""
    used: timedelta = timedelta(days=1)
    is_locked: bool = False
    is_backup: bool = False
    needs_delivery: bool = False
    is_on_phone: bool = False

    def option(self, number: int) -> Option:
        row = Enrolment(method=self.method, address_digest=self.phone, last_used_at=NOW - self.used)
        more: dict[str, Any] = {"explain": "", "icon": "", "is_default": False, "strength": 1}
        return Option(
            ref=str(number),
            enrolment=row,
            limits=EnrolmentLimits(),
            method=self.method,
            label=self.method.title(),
            is_locked=self.is_locked,
            is_backup=self.is_backup,
            needs_delivery=self.needs_delivery,
            is_on_phone=self.is_on_phone,
            **more,
        )


TEXT = Way("text", phone="a", needs_delivery=True)
CALL = Way("call", phone="a", needs_delivery=True)
OFFICE = Way("call", phone="b", needs_delivery=True)
APP, KEY = Way("totp", is_on_phone=True), Way("passkey")
CODES = Way("recovery", is_backup=True)
OLD = Way("text", phone="a", used=HALF_YEAR + timedelta(seconds=1), needs_delivery=True)
OLD_APP = Way("totp", used=10 * HALF_YEAR, is_on_phone=True)
OFF = Way("totp", is_locked=True)

ONE, NONE, FEW = "One way in is not enough", "You have no recovery codes", "3 recovery codes are left"
PHONE = "All of these may be on one phone"
TABLE: dict[str, tuple[list[Way], int, bool, list[str]]] = {
    "nothing": ([], 0, True, [ONE, NONE]),
    "nothing, no codes to be had": ([], 0, False, [ONE]),
    "one app": ([APP], 10, True, [ONE]),
    "one phone, text and call": ([TEXT, CALL], 10, True, [ONE]),
    "two phones": ([TEXT, OFFICE], 10, True, []),
    "phone and app": ([TEXT, CALL, APP], 10, True, []),
    "codes are no second way": ([APP, CODES], 10, True, [ONE]),
    "two keys": ([KEY, KEY], 10, True, []),
    "four codes": ([TEXT, APP, CODES], 4, True, []),
    "three codes": ([TEXT, APP, CODES], 3, True, [FEW]),
    "one code": ([TEXT, APP, CODES], 1, True, ["1 recovery code is left"]),
    "codes used up": ([TEXT, APP, CODES], 0, True, [PHONE, NONE]),
    "number and app, and no codes": ([TEXT, CALL, APP], 0, False, [PHONE]),
    "two numbers and an app": ([TEXT, OFFICE, APP], 0, False, []),
    "app and key": ([APP, KEY], 0, False, []),
    "number, app and key": ([TEXT, APP, KEY], 0, False, []),
    "old number": ([OLD, APP], 10, True, ["Does Text still reach you?"]),
    "an app cannot go out of reach": ([TEXT, OLD_APP], 10, True, []),
    "one is off": ([TEXT, OFF, KEY], 10, True, ["Totp is switched off"]),
    "off is no way": ([TEXT, OFF], 10, True, ["Totp is switched off", ONE]),
    "everything": ([OLD, OFF], 3, True, ["Totp is switched off", ONE, FEW, "Does Text still reach you?"]),
}


@pytest.mark.parametrize("case", TABLE)
def test_says(case: str) -> None:
    ways, n_codes, has_backup, expected = TABLE[case]

    options = [way.option(number) for number, way in enumerate(ways)]
    marks = recommendations.marks(options, n_codes=n_codes, has_backup=has_backup, now=NOW)

    assert [mark.title for mark in marks] == expected


@pytest.mark.parametrize(("used", "is_said"), [(HALF_YEAR, False), (HALF_YEAR + timedelta(seconds=1), True)])
def test_asks_after_half_a_year(used: timedelta, is_said: bool) -> None:
    options = [Way("text", phone="a", used=used, needs_delivery=True).option(1), APP.option(2)]

    assert bool(recommendations.marks(options, n_codes=10, has_backup=True, now=NOW)) is is_said


def test_each_mark_says_what_to_do_and_those_with_a_place_lead_there() -> None:
    options = [way.option(number) for number, way in enumerate([OLD, OFF])]

    for mark in recommendations.marks(options, n_codes=0, has_backup=True, now=NOW):
        assert mark.text
        assert bool(mark.url) == bool(mark.label)


@pytest.mark.parametrize(("ways", "word"), [([TEXT, APP], "recovery codes"), ([TEXT, KEY], "another one would do")])
def test_comforts_with_what_is_true(ways: list[Way], word: str) -> None:
    assert word in recommendations.comfort([way.option(number) for number, way in enumerate(ways)])
