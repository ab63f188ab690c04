"""The pages' common parts: what the strict content policy and the sprite ask of every template."""

import re
from pathlib import Path

import pytest
from django.template import loader

from mfasite import context_processors

ROOT = Path(__file__).parents[2]
TEMPLATES = [
    path
    for top in ("mfasite", "accounts", "verification")
    for path in sorted((ROOT / top).rglob("templates/**/*.html"))
]
STATIC = ROOT / "mfasite/static/mfasite"
SYMBOLS = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
INLINE = re.compile(
    r"<style|<script(?![^>]*\ssrc=)|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|https?://", re.IGNORECASE
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_keeps_style_script_and_strangers_out_of_templates(path: Path) -> None:
    words = re.sub(
        r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|http://www\.w3\.org/\S+", "", path.read_text(), flags=re.DOTALL
    )

    assert not INLINE.findall(words)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_names_only_icons_that_the_sprite_has(path: Path) -> None:
    words = path.read_text()

    named = re.findall(r'\bicon(?: |=|\|default:)"([\w-]+)"', words)

    assert set(named) <= SYMBOLS


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
@pytest.mark.parametrize("with_words", [True, False])
def test_renders_error_pages_from_settings_or_nothing(name: str, with_words: bool) -> None:
    page = loader.render_to_string(f"{name}.html", context_processors.organisation() if with_words else {})

    assert page.count("<h1>") == 1
    assert 'class="button"' in page


def test_keeps_the_script_small() -> None:
    assert (STATIC / "app.js").stat().st_size < 6000


@pytest.mark.parametrize("layout", ["base_auth", "base_app"])
def test_leaves_a_lead_without_words_quite_empty(layout: str) -> None:
    """The stylesheet hides it by `:empty`, which white space undoes."""
    page = loader.render_to_string(f"mfasite/{layout}.html", {})

    assert '<p class="lead"></p>' in page
