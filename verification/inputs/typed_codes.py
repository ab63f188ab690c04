"""Reads a code from what a person typed, or from a whole message that they pasted."""

import re
import unicodedata

from verification.inputs import digits


def tidy(text: str) -> str:
    """Normalise what a person typed or pasted: digits of any script to 0-9, no spaces or dashes, upper case."""
    folded = digits.plain(unicodedata.normalize("NFKC", text or "").upper())
    return "".join(c for c in folded if c.isalnum() or c == "#")


# A code of six digits, in one group or two, that is not part of a longer number or a phone number.
_TOGETHER = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])")
_IN_TWO = re.compile(r"(?<![0-9A-Za-z])(?<![0-9][\s.-])[0-9]{3}[\s.-][0-9]{3}(?![0-9A-Za-z])(?![\s.-][0-9])")


def pick(text: str) -> str:
    """Find the one code of six digits in a pasted message. Return any other text as `tidy` normalises it."""
    folded = tidy(text)
    if folded.isdecimal():
        return folded
    plain = digits.plain(unicodedata.normalize("NFKC", text))
    for shape in (_TOGETHER, _IN_TWO):
        found = {tidy(each) for each in shape.findall(plain)}
        if len(found) == 1:
            return found.pop()
    return folded
