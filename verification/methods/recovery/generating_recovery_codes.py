"""How recovery codes are generated: how many in a set, how long, and of which characters.

Source: NIST SP 800-63B-4, 4.2.1.1.
"""

import secrets

N_CODES = 10  # in a set
PART_LENGTH = 8  # characters; two parts of five bits a character make 80 bits, more than the 64 that are required
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 characters that don't look alike


def generate_codes() -> tuple[tuple[str, str], ...]:
    """Generate a new set. Shape: the first part and the whole of each code."""
    pairs = [(_part(), _part()) for _ in range(N_CODES)]
    return tuple((first, f"{first}{second}") for first, second in pairs)


def _part() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(PART_LENGTH))
