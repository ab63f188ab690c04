"""Tests of dates and times as pages show them."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone

from verification import time_format

WINTER = datetime(2026, 11, 28, 13, 5, 9, tzinfo=UTC)
SUMMER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("clock", "", "14:05 CET"),
        ("clock", "seconds", "14:05:09 CET"),
        ("clock", "bare", "14:05"),
        ("moment", "", "28 November 2026, 14:05 CET"),
        ("moment", "bare", "28 November 2026, 14:05"),
        ("short_moment", "", "28 Nov 2026, 14:05 CET"),
        ("short_moment", "seconds bare", "28 Nov 2026, 14:05:09"),
        ("day", "", "28 November 2026"),
        ("short_day", "", "28 Nov 2026"),
    ],
)
def test_functions_and_filters_write_the_same(name: str, more: str, words: str) -> None:
    template = Template("{{ at|" + name + ':"' + more + '" }}')

    with timezone.override("Europe/Zurich"):
        assert getattr(time_format, name)(WINTER, **dict.fromkeys(more.split(), True)) == words
        assert template.render(Context({"at": WINTER})) == words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Zurich", "2 July 2026, 00:30 CEST"),
        ("UTC", "1 July 2026, 22:30 UTC"),
        ("Asia/Kathmandu", "2 July 2026, 04:15 UTC+05:45"),
        ("America/Sao_Paulo", "1 July 2026, 19:30 UTC-03:00"),
    ],
)
def test_names_the_zone_of_the_reader(zone: str, words: str) -> None:
    with timezone.override(zone):
        assert time_format.moment(SUMMER) == words


def test_writes_a_day_that_has_no_time() -> None:
    assert time_format.short_day(date(2026, 11, 28)) == "28 Nov 2026"
    assert time_format.day(date(2026, 11, 28)) == "28 November 2026"


def test_filters_write_nothing_for_a_moment_that_is_missing() -> None:
    assert Template("{{ at|moment }}{{ at|clock }}").render(Context({"at": None})) == ""


def test_django_itself_writes_moments_as_we_do() -> None:
    with timezone.override("Europe/Zurich"):
        assert Template("{{ at }}").render(Context({"at": WINTER})) == "28 Nov 2026, 14:05 CET"
