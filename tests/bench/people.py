"""Who signs in: values that both sites' makers of people give and both drivers use."""

import hashlib
import hmac
import time
from dataclasses import dataclass

PASSWORD = "green-boat-on-tuesday"  # everybody's
TEXTED = "texted-"  # how the names begin of people the floor texts
_STEP = 30  # seconds


@dataclass(frozen=True)
class BenchUser:
    """One person with one option. Shape: `number` E.164, empty with an app; `secret` empty with a telephone."""

    name: str
    secret: bytes = b""
    number: str = ""


def app_code(secret: bytes) -> str:
    """Compute what an authenticator app shows now, by nobody's library. Source: RFC 4226, 5.3; RFC 6238."""
    mac = hmac.digest(secret, (int(time.time()) // _STEP).to_bytes(8, "big"), hashlib.sha1)
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"
