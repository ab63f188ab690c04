"""Tests of the recommendations: a table of the methods that a person has and the advice that they get."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.portal import method_recommendations
from verification.enrolments import EnrolmentLimits, Option
from verification.models import Enrolment

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HALF_YEAR = timedelta(days=182)


@dataclass
class OptionSummary:
    """One option in short."""

    method: str
    phone: str = ""
    used: timedelta = timedelta(days=1)
    is_locked: bool = False
    is_backup: bool = False
    needs_delivery: bool = False
    is_on_phone: bool = False
    is_handed_out: bool = False
    is_all_locked: bool = False

    def option(self, number: int) -> Option:
        row = Enrolment(method=self.method, address_digest=self.phone, last_used_at=NOW - self.used)
        more: dict[str, Any] = {"explain": "", "icon": "", "is_default": False}
        return Option(
            ref=str(number),
            enrolment=row,
            limits=EnrolmentLimits(is_all_locked=self.is_all_locked),
            method=self.method,
            label=self.method.title(),
            is_locked=self.is_locked,
            is_backup=self.is_backup,
            needs_delivery=self.needs_delivery,
            is_on_phone=self.is_on_phone,
            is_handed_out=self.is_handed_out,
            **more,
        )


TEXT = OptionSummary("text", phone="a", needs_delivery=True)
CALL = OptionSummary("call", phone="a", needs_delivery=True)
OFFICE = OptionSummary("call", phone="b", needs_delivery=True)
APP, KEY = OptionSummary("totp", is_on_phone=True), OptionSummary("passkey")
CODES = OptionSummary("recovery", is_backup=True)
OLD = OptionSummary("text", phone="a", used=HALF_YEAR + timedelta(seconds=1), needs_delivery=True)
OLD_APP = OptionSummary("totp", used=10 * HALF_YEAR, is_on_phone=True)
OFF = OptionSummary("totp", is_locked=True)
OFF_TOKEN, OFF_CODES = (
    OptionSummary("token", is_locked=True, is_handed_out=True),
    OptionSummary("recovery", is_locked=True, is_backup=True),
)
STOPPED_CODES = replace(OFF_CODES, is_all_locked=True)

TOKEN = OptionSummary("token")
HOME_APP = OptionSummary("totp")  # the person says that it is on another device
ONE, NONE, FEW = "You have only one method", "You have no recovery codes", "You have 3 recovery codes left"
NOTHING, PHONE = "You have no method", "All your methods are on one phone"
EVERYDAY = "You have no method for everyday use"
REACH, LOCKED, CODES_LOCKED = "Does Text still reach you?", "Totp is locked", "Recovery is locked"
TABLE: dict[str, tuple[list[OptionSummary], int, bool, list[str]]] = {
    "nothing": ([], 0, True, [NOTHING, NONE]),
    "nothing, no codes to be had": ([], 0, False, [NOTHING]),
    "one app": ([APP], 0, False, [ONE]),
    "one app and printed codes": ([APP, CODES], 10, True, []),
    "one app and codes that the policy forbids": ([APP], 10, False, [ONE]),
    "one phone and codes that the policy forbids": ([TEXT, CALL], 10, False, [PHONE]),
    "printed codes alone": ([CODES], 10, True, [EVERYDAY]),
    "a locked one and printed codes": ([OFF, CODES], 10, True, [LOCKED, EVERYDAY]),
    "one app and locked codes": ([APP, OFF_CODES], 10, True, [CODES_LOCKED, ONE]),
    "two devices and a few locked codes": ([TEXT, KEY, OFF_CODES], 2, True, [CODES_LOCKED]),
    "one passkey": ([KEY], 0, True, [ONE, NONE]),
    "text and call to one phone": ([TEXT, CALL], 0, False, [PHONE]),
    "number and app on one phone": ([TEXT, APP], 0, False, [PHONE]),
    "number, call and app on one phone": ([TEXT, CALL, APP], 0, True, [PHONE, NONE]),
    "two apps on one phone": ([APP, APP], 0, False, [PHONE]),
    "one phone and printed codes": ([TEXT, CALL, APP, CODES], 10, True, []),
    "number, and an app elsewhere": ([TEXT, CALL, HOME_APP], 0, False, []),
    "two phones": ([TEXT, OFFICE], 0, False, []),
    "two numbers and an app": ([TEXT, OFFICE, APP], 0, False, []),
    "number and passkey": ([TEXT, KEY], 0, False, []),
    "app and passkey": ([APP, KEY], 0, False, []),
    "number, app and token": ([TEXT, APP, TOKEN], 0, False, []),
    "two passkeys": ([KEY, KEY], 10, True, []),
    "four codes": ([TEXT, APP, CODES], 4, True, []),
    "three codes": ([TEXT, APP, CODES], 3, True, [FEW]),
    "one code": ([TEXT, APP, CODES], 1, True, ["You have 1 recovery code left"]),
    "codes used up": ([TEXT, APP, CODES], 0, True, [PHONE, NONE]),
    "old number": ([OLD, KEY], 10, True, [REACH]),
    "an app cannot go out of reach": ([TEXT, OLD_APP], 10, True, []),
    "one is locked": ([TEXT, OFF, KEY], 10, True, [LOCKED]),
    "a locked one is no backup": ([TEXT, OFF], 0, False, [LOCKED, ONE]),
    "everything": ([OLD, OFF], 3, True, [LOCKED, FEW, REACH]),
}


@pytest.mark.parametrize("case", TABLE)
def test_recommends_what_the_table_says(case: str) -> None:
    ways, n_codes, has_backup, expected = TABLE[case]

    options = [way.option(number) for number, way in enumerate(ways)]
    found = method_recommendations.recommend(options, n_codes=n_codes, has_backup=has_backup, now=NOW)

    assert [each.title for each in found] == expected


@pytest.mark.parametrize(("used", "is_said"), [(HALF_YEAR, False), (HALF_YEAR + timedelta(seconds=1), True)])
def test_asks_after_half_a_year(used: timedelta, is_said: bool) -> None:
    options = [OptionSummary("text", phone="a", used=used, needs_delivery=True).option(1), APP.option(2)]

    assert bool(method_recommendations.recommend(options, n_codes=10, has_backup=True, now=NOW)) is is_said


def test_each_mark_says_what_to_do_and_those_with_a_place_lead_there() -> None:
    options = [way.option(number) for number, way in enumerate([OLD, OFF])]

    found = method_recommendations.recommend(options, n_codes=0, has_backup=True, now=NOW)

    assert found
    assert [each for each in found if not each.text or bool(each.url) != bool(each.label)] == []


@pytest.mark.parametrize(
    ("way", "url"),
    [(OFF, "portal:method-add"), (OFF_CODES, "portal:recovery-codes"), (OFF_TOKEN, ""), (STOPPED_CODES, "")],
)
def test_locked_method_leads_to_where_it_can_be_set_up_again(way: OptionSummary, url: str) -> None:
    """A token is handed out by the support desk. After too many incorrect codes in all, new codes stay locked too."""
    first = method_recommendations.recommend([way.option(1), KEY.option(2)], n_codes=10, has_backup=True, now=NOW)[0]

    assert (first.kind, first.url) == ("bad", url)
    assert "support desk" in first.text


@pytest.mark.parametrize(
    ("ways", "left"),
    [
        ([TEXT, APP, KEY], "Passkey."),
        ([TEXT, CALL, HOME_APP, TOKEN], "Totp, Token."),
        ([TEXT, OFFICE, APP], "Call."),
        ([TEXT, APP], "recovery code"),
        ([KEY, TOKEN], "another"),
        ([KEY], "recovery code"),
    ],
)
def test_says_what_is_left_after_a_loss(ways: list[OptionSummary], left: str) -> None:
    said = method_recommendations.reassurance([way.option(number) for number, way in enumerate(ways)])

    assert left in said
    assert ("your phone" in said) == any(way.phone or way.is_on_phone for way in ways)
