"""Tests of the HTML of articles: safe, and with headings that the contents lead to."""

import re

import pytest
from django.test import Client

from helpcenter import articles
from helpcenter.models import Article


@pytest.mark.parametrize(
    ("body", "headings"),
    [
        ("## Android\n\n## Android", [("android", "Android"), ("android-2", "Android")]),
        ("## Android 2\n\n### Android\n\n## Android", [("android-2", "Android 2"), ("android-3", "Android")]),
        ("## The **code**, `ABC` and [more](/help/x/)", [("the-code-abc-and-more", "The code, ABC and more")]),
        ("## Телефон\n\n## ?", [("телефон", "Телефон"), ("part", "?")]),
    ],
    ids=["twice", "with a number", "marked", "other script"],
)
def test_contents_lead_to_each_heading(body: str, headings: list[tuple[str, str]]) -> None:
    """Seen failing: equal headings had the same id, some had an empty one, and the contents showed Markdown's signs."""
    rendered = articles.render(body, {})

    assert [(heading.id, heading.text) for heading in rendered.headings] == headings
    ids = re.findall(r'id="([^"]*)"', rendered.html)
    assert len(ids) == len(set(ids))
    assert {heading.id for heading in rendered.headings} <= set(ids)


@pytest.mark.usefixtures("db")
def test_no_heading_has_an_id_of_the_page(client: Client) -> None:
    """Seen failing: a link to the heading “Related” led to the related articles."""
    Article.objects.filter(slug="no-text").update(body="## Main\n\n## Places\n\n## Helpful\n\n## Related")

    ids = re.findall(r' id="([^"]*)"', client.get("/help/no-text/").content.decode())

    assert {"main", "main-2", "helpful", "helpful-2", "related", "related-2"} <= set(ids)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "![x](data:text/html,x)"],
)
def test_markdown_is_safe(evil: str) -> None:
    html = articles.render(evil, {}).html

    assert "<script" not in html
    assert "javascript:" not in html.replace("&", "") or "<a" not in html
    assert "<img" not in html or "data:" not in html
