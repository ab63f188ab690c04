"""Tests of the shape of app passwords: what is generated is recognised, in groups or not, and nothing else."""

import pytest

from accounts.app_passwords import generating


def test_has_24_letters_in_groups_of_four() -> None:
    secret = generating.generate()

    assert len(secret) == 24
    assert [len(group) for group in generating.grouped(secret).split()] == [4] * 6


def test_is_recognised_in_groups_or_not() -> None:
    secret = generating.generate()

    assert generating.looks_like_app_password(secret)
    assert generating.looks_like_app_password(generating.grouped(secret).upper())


@pytest.mark.parametrize("text", ["", "a" * 23, "a" * 25, "a" * 48, "1" * 24])
def test_nothing_else_is_recognised(text: str) -> None:
    assert not generating.looks_like_app_password(text)
