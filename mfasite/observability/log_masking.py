"""What is hidden in logs: codes, phone numbers, tokens and authenticator secrets, masked as a last safety net.

No module may log these in the first place. This is for lines that somebody overlooked.
"""

import re

MASKS = (
    (re.compile(r"otpauth://\S+", re.IGNORECASE), "otpauth://[masked]"),
    # What OpenID Connect has in addresses and forms, also where the address is itself a value (%26, %3D).
    (
        re.compile(
            r"(?<![A-Za-z])(id_token_hint|login_hint|code|state|progress|code_verifier|client_secret|(?:access|refresh|logout)_token)"
            r"(=|%3D)(?![0-9]{3}[ -]?[0-9]{3}(?!\w))(?:(?!%26)[^&\s\"'])+"
        ),
        r"\1\2[masked]",
    ),
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]+"), "[token]"),
    # E.164 has at most fifteen digits; people and libraries group them.
    (re.compile(r"\+(?:[ ().-]{0,2}\d){7,15}"), "[number]"),
    (re.compile(r"(?<![\w.])\d{3}[ -]?\d{3}(?!\w)"), "[code]"),
)


def masked(line: str) -> str:
    """Mask what must never appear in a log."""
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line
