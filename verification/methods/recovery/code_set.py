"""A set of recovery codes: how many, how long, and how one is read. Source: NIST SP 800-63B-4, 4.2.1.1."""

import re
import secrets

from verification.inputs import typed_codes

N_CODES = 10
_PART_LENGTH = 8  # characters; two parts of five bits a character make 80 bits, more than the 64 that are required
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 characters that don't look alike
_WHOLE = re.compile(rf"(?<![A-Z0-9])[{_ALPHABET}]{{4}}(?:[ -]?[{_ALPHABET}]{{4}}){{3}}(?![A-Z0-9])")


def _part() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PART_LENGTH))


def draw() -> tuple[tuple[str, str], ...]:
    """Generate a new set. Shape: the first part and the whole of each code."""
    pairs = [(_part(), _part()) for _ in range(N_CODES)]
    return tuple((first, f"{first}{second}") for first, second in pairs)


def read(text: str) -> str:
    """Take the one code out of a pasted line, such as `3. ABCD EFGH JKLM NPQR`."""
    found = {typed_codes.tidy(each) for each in _WHOLE.findall(text.upper())}
    return found.pop() if len(found) == 1 else typed_codes.tidy(text)


def fits(answer: str) -> bool:
    """Return whether a text can be a recovery code at all."""
    return len(answer) == 2 * _PART_LENGTH and set(answer) <= set(_ALPHABET)


def first_part(answer: str) -> str:
    """Return the part by which a code is found."""
    return answer[:_PART_LENGTH]
