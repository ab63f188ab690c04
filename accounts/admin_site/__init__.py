"""The admin site: Django's with our layout and menu, open only after a second step in the current session."""

from accounts.admin_site.site import EMPTY, Ruled, VerifiedSite, Words, frame, in_words

__all__ = ["EMPTY", "Ruled", "VerifiedSite", "Words", "frame", "in_words"]
