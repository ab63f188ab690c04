"""The staff pages about what directories supply: the state of each, its runs, previews and confirmations."""

from accounts.support.directory_runs.urls import urls
from accounts.support.directory_runs.words import in_short

__all__ = ["in_short", "urls"]
