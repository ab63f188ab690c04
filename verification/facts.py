"""What an entrance knows about the moment of a deed: time, place, program. Plain values, no request."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The circumstances of one deed, read once at the entrance and handed down.

    Shape: `network` is a textual IP address, empty if unknown; `browser` the raw remember token of the cookie;
    `device` the raw cookie by which `devices` knows a browser.
    Units: `now` is aware, UTC.
    """

    now: datetime
    network: str = ""
    agent: str = ""
    browser: str = ""
    device: str = ""
    language: str = "en"
