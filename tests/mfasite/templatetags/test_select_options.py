"""Tests of the template tag `options`."""

import pytest
from django.template import Context, Template
from django.utils.translation import gettext_lazy

CHOICES = [("a", "One & two"), (7, gettext_lazy("Any"))]


@pytest.mark.parametrize(
    ("chosen", "first", "second"), [("a", " selected", ""), (7, "", " selected"), ("7", "", ""), (None, "", "")]
)
def test_writes_each_choice_and_selects_one(chosen: object, first: str, second: str) -> None:
    written = Template("{% options choices chosen %}").render(Context({"choices": CHOICES, "chosen": chosen}))

    assert written == (f'<option value="a"{first}>One &amp; two</option>\n<option value="7"{second}>Any</option>')


def test_selects_none_unless_told() -> None:
    assert "selected" not in Template("{% options choices %}").render(Context({"choices": CHOICES}))
