"""The admin site: Django's with our layout and menu, open only after a second step in the current session."""

from accounts.admin_site.site import EMPTY, AdminWords, Ruled, VerifiedSite, frame, in_words

__all__ = ["EMPTY", "AdminWords", "Ruled", "VerifiedSite", "frame", "in_words"]
