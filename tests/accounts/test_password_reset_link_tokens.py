"""Tests of the tokens in links that reset a password: each opens its own link, and none is stored."""

import pytest
from django.apps import apps
from pytest_django import Settings

from accounts.models import PasswordReset
from tests.accounts.new_passwords import (
    link,
    path_of,
    request_password_reset,
    set_new,
)
from tests.simulated.http_browser import Browser
from tests.simulated.people import Person, join
from verification.keys import crypto


def test_token_of_one_link_opens_no_other(ana: Person, mailed: str) -> None:
    join("eve")
    request_password_reset("eve")
    hers = path_of(link())
    handle, token = mailed.strip("/").split("/")[1:]
    other = hers.strip("/").split("/")[1]

    assert Browser().go(f"/password-reset/{other}/{token}/").status == 410
    assert Browser().go(f"/password-reset/{handle}/{'A' * 43}/").status == 410


@pytest.mark.parametrize("token", ["é", "%C3%A9", "A" * 5000, "x", "%00", "%F0%9F%94%91", "A" * 42 + "é"])
def test_odd_tokens_are_no_error(ana: Person, mailed: str, token: str) -> None:
    """Seen: a token with a non-ASCII letter broke the page."""
    handle = mailed.strip("/").split("/")[1]

    assert Browser().go(f"/password-reset/{handle}/{token}/").status in {400, 404, 410}


def test_link_is_stored_nowhere(ana: Person, mailed: str) -> None:
    """The whole database is searched for the token, raw and as a digest that needs no key.

    The carrier's list of sent emails counts as the person's mailbox.
    """
    handle, token = mailed.strip("/").split("/")[1:]
    found = []
    for model in apps.get_models():
        if model._meta.app_label != "virtual":
            found += [str(row) for row in model._default_manager.values() if token in str(row)]

    assert found == []
    assert PasswordReset.objects.get().handle == handle


def test_link_is_signed_by_the_key_and_ends_with_it(ana: Person, mailed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_digest_keys", {"d9": b"9" * 32})

    assert Browser().go(mailed).status == 410


def test_link_survives_a_new_key_beside_the_old(ana: Person, mailed: str, settings: Settings) -> None:
    settings.MFA_KEYS = (("k9", b"9" * 32), *settings.MFA_KEYS)

    assert set_new(mailed).path == "/sign-in/"


def test_page_of_the_link_is_kept_nowhere(ana: Person, mailed: str) -> None:
    answer = Browser().client.get(mailed)

    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
