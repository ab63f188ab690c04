"""The staff pages about what directories supply: the state of each, its runs, previews and confirmations."""

from accounts.support.directory_sync_pages.row_words import in_short
from accounts.support.directory_sync_pages.urls import urls

__all__ = ["in_short", "urls"]
