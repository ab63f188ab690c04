"""Tests of the gateway's settings: its address and its request body may contain a secret key."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from mfasite.environment.variables import Environment
from verification.declaring_settings import Setting
from verification.delivery.providers.gateway import conf


def test_a_wrong_address_is_not_shown() -> None:
    """Many gateways take a key in the address. Seen failing: the refusal repeated it."""
    environment = Environment({"GATEWAY_URL": "texts.example.net/send?key=s3cr3t"})
    assert environment[conf.url] == ""

    with pytest.raises(ImproperlyConfigured) as refused:
        environment.refuse()

    assert "GATEWAY_URL" in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "text"), [(conf.url, "https://texts.example.net/?key=s3cr3t"), (conf.request, '{"key": "s3cr3t"}')]
)
def test_may_stand_in_a_file(setting: Setting[str], text: str, tmp_path: Path) -> None:
    """Seen failing: the file was not read."""
    (tmp_path / "secret").write_text(f"{text}\n")

    assert Environment({f"{setting.name}_FILE": str(tmp_path / "secret")})[setting] == text
