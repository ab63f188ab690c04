"""Staff pages of directories that send by SCIM: the address, tokens, allowed networks, and the last requests."""

from accounts.support.scim.urls import urls

__all__ = ["urls"]
