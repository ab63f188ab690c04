"""`Context`: when, from where and with which browser an action happens, as plain values without a request."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Context:
    """The circumstances of one action, read once at the entry point and passed down.

    Shape: `network` is an IP address as text, empty if unknown; `browser` is the raw token of the remember cookie;
    `device` is the raw cookie of `browsers.device_cookies_of_known_browsers`. Units: `now` is aware, UTC.
    """

    now: datetime
    network: str = ""
    agent: str = ""
    browser: str = ""
    device: str = ""
    language: str = "en"
