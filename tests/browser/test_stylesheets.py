"""Tests that a browser keeps every rule of the stylesheets: it drops a rule that it can't read, and says nothing."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

APPS = ("mfasite", "helpcenter", "accounts", "verification")
STYLESHEETS = [path for app in APPS for path in Path(app).rglob("static/**/*.css")]
# Rules of all kinds, with those inside `@layer`, `@media` and `@keyframes`.
COUNT = """text => {
    const count = rules => [...rules].reduce((n, rule) => n + 1 + count(rule.cssRules ?? []), 0);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return count([...sheet.cssRules].filter(rule => !(rule instanceof CSSLayerStatementRule)));
}"""


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_no_rule_is_dropped(path: Path, chromium: Browser) -> None:
    """Seen failing for `:has()` inside `:has()`, which no browser accepts."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    page = chromium.new_page()

    assert page.evaluate(COUNT, text) == text.count("{")
    page.close()
