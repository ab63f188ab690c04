"""Tests that a request's time, browser and cookies are read, at a bounded length."""

from typing import Any

from django.test import RequestFactory

from accounts import request_context


def test_reads_program_and_cookie_at_a_bounded_length(settings: Any) -> None:
    request = RequestFactory().get("/", headers={"User-Agent": "x" * 5000})
    request.COOKIES[settings.BROWSER_COOKIE_NAME] = "y" * 5000

    read = request_context.read(request)

    assert (len(read.agent), len(read.browser)) == (300, 300)


def test_reads_the_clock_as_utc() -> None:
    assert str(request_context.read(RequestFactory().get("/")).now.tzinfo) == "UTC"
