"""The encodings of secret keys in CSV files: base32, hex and base64."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText

FITS = {
    "base32": re.compile(r"[A-Z2-7]+=*", re.IGNORECASE),
    "hex": re.compile(r"(?:[0-9A-F]{2})+", re.IGNORECASE),
    "base64": re.compile(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]+=*"),
}
# What staff read if a secret key doesn't fit its encoding.
REFUSALS: Mapping[str, LazyText] = {
    "base32": _("The secret key isn’t base32 (letters and the digits 2 to 7)."),
    "hex": _("The secret key isn’t in hex (0 to 9 and A to F, two for each byte)."),
    "base64": _("The secret key isn’t base64."),
}


def of_most(secrets: Sequence[str]) -> str:
    """Return the encoding that fits most secrets of a file.

    Base32 that happens to have no letter beyond F is far rarer than hex without 0, 1, 8 or 9.
    """
    squeezed = ["".join(secret.split()) for secret in secrets]
    fits = {name: sum(bool(sign.fullmatch(each)) for each in squeezed) for name, sign in FITS.items()}
    if fits["base64"] > 2 * max(fits["base32"], fits["hex"]):
        return "base64"
    fits_both = sum(bool(FITS["hex"].fullmatch(each) and FITS["base32"].fullmatch(each)) for each in squeezed)
    return "hex" if fits["hex"] > fits["base32"] or fits["hex"] == fits["base32"] == fits_both > 0 else "base32"


def decoded(secret: str, encoding: str) -> bytes | None:
    """Decode a secret, or return None if it has other characters."""
    if not FITS[encoding].fullmatch(secret):
        return None
    try:
        if encoding == "hex":
            return bytes.fromhex(secret)
        if encoding == "base64":
            return base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
        letters = secret.upper().rstrip("=")
        return base64.b32decode(letters + "=" * (-len(letters) % 8))
    except (ValueError, binascii.Error):
        return None
