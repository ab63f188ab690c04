"""Whole sequences in the form that Entra ID and Okta document: from the first lookup to the end.

The files are written from the documentation of both, without a tenant of either.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulated.scim_directory import ScimClient

_FOLDER = Path(__file__).parent / "sequences"


def _filled(value: Any, known: dict[str, str]) -> Any:
    """Put ids in place of names such as `{dora}`."""
    if isinstance(value, str):
        for name, key in known.items():
            value = value.replace(f"{{{name}}}", key)
        return value
    if isinstance(value, list):
        return [_filled(each, known) for each in value]
    return {name: _filled(each, known) for name, each in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("name", ["entra", "okta"])
@pytest.mark.parametrize("content_type", ["application/scim+json", "application/json; charset=utf-8"])
def test_answers_each_request_as_its_client_expects(entra: ScimClient, name: str, content_type: str) -> None:
    known: dict[str, str] = {}
    entra.content_type = content_type

    for step in json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")):
        asked = _filled(step, known)
        answer = entra.send(asked["method"], asked["path"], asked.get("body"), **asked.get("query", {}))

        said = answer.body or {}
        assert answer.status == asked["status"], (asked["what"], said)
        assert {each: said.get(each) for each in asked.get("has", {})} == asked.get("has", {}), asked["what"]
        assert not set(asked.get("lacks", ())) & set(said), asked["what"]
        if "save" in asked:
            known[asked["save"]] = answer.id
