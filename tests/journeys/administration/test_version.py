"""Tests that only staff can read which version is running."""

import pytest

import mfasite
from tests.simulated.people import Person, join


@pytest.mark.parametrize("path", ["/admin/", "/admin/verification/route/"])
def test_staff_read_the_version_at_the_foot_of(path: str, db: None, clock: object) -> None:
    root = join("root", is_staff=True, is_superuser=True).set_up("totp")

    page = root.sign_in(to=path)

    assert f"Version {mfasite.__version__}" in page


def test_others_do_not(ana: Person) -> None:
    assert mfasite.__version__ not in ana.sign_in(to="/").html
