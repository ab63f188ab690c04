"""Articles: loading the shipped ones, earlier versions, readers, placeholders, and Markdown as HTML."""

from helpcenter.articles.earlier_versions import keep_version, restore
from helpcenter.articles.loading_shipped_articles import digest, is_edited, load
from helpcenter.articles.markdown_as_html import render
from helpcenter.articles.placeholders import fill, places
from helpcenter.articles.visibility import audiences, published

__all__ = [
    "audiences",
    "digest",
    "fill",
    "is_edited",
    "keep_version",
    "load",
    "places",
    "published",
    "render",
    "restore",
]
