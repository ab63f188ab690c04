"""What tests read from an answer to a proxy."""

from typing import Any

from accounts.integrations.forward_auth import identity_headers

BACKGROUND = {"Accept": "application/json", "Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"}


def is_identified(response: Any) -> bool:
    """Return whether an answer names anybody."""
    return any(name in response for name in identity_headers.HEADERS)
