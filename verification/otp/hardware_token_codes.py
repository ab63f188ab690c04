"""Codes of hardware tokens by HOTP and TOTP, of any hash, length and time step that tokens have."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

HASHES: Mapping[str, hashes.SHA1 | hashes.SHA256 | hashes.SHA512] = {
    "sha1": hashes.SHA1(),  # noqa: S303  (HMAC-SHA-1, as most tokens have it, is not broken: RFC 6194, 3.3)
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}
DIGITS = (6, 7, 8)  # Source: RFC 4226, 5.3


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """How codes are made: by a counter (HOTP), or by the time (TOTP). Units: `step` and `start` in seconds."""

    is_counted: bool = False
    digits: int = 6
    hash: str = "sha1"
    step: int = 30
    start: int = 0

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "Scheme":
        """Read the scheme from an enrolment's data. Missing entries have the usual defaults."""
        return cls(**{field.name: data[field.name] for field in fields(cls) if field.name in data})

    def data(self) -> dict[str, Any]:
        """Return what an enrolment keeps."""
        return asdict(self)

    def code(self, secret: bytes, counter: int) -> str:
        """Compute the code of one counter or time step. Source: RFC 4226, 5.3; RFC 6238, 4.2."""
        made = HOTP(secret, self.digits, HASHES[self.hash], enforce_key_length=False).generate(max(counter, 0))
        return made.decode()

    def at(self, seconds: float) -> int:
        """Return the time step of an instant. Units: seconds since 1970."""
        return int(seconds - self.start) // self.step
