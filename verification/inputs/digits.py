"""Converts digits of every script to 0 to 9."""

import unicodedata


def plain(text: str) -> str:
    """Write every decimal digit of Unicode as one of 0 to 9, and leave all else as it is.

    Keyboards set to Arabic, Persian, Hindi, Bengali, Thai or Tamil type digits of their own.
    """
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
