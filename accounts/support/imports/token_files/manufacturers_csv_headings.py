"""The headings that manufacturers give the columns of their CSV files, and our column for each.

Microsoft Entra, Token2, Deepnet SafeID, Feitian, SafeNet and Gemalto have files with headings.
"""

import re
from collections.abc import Sequence

_NAMES = {
    "upn": "upn|user|user name|username|user principal name|userprincipalname|account|owner",
    "serial number": "serial number|serial|serialnumber|serial no|serialno|sn|s n|token serial|token serial number"
    "|token sn|device serial number|device serial",
    "secret key": "secret key|secret|secretkey|seed|key|token seed|otp seed|otp secret|token key|hexseed|seed value",
    "time interval": "time interval|timeinterval|interval|time step|timestep|step|period|otp interval",
    "manufacturer": "manufacturer|vendor|maker|brand",
    "model": "model|product|product name|token model",
    "type": "type|token type|oath type|otp type|algorithm|mode",
    "digits": "digits|otp length|otplength|otp digits|length|code length",
    "hash": "hash|hash algorithm|hash function|hashing algorithm|digest",
    "counter": "counter|moving factor|event counter|initial counter",
    "start time": "start time|t0",
    "clock lead": "clock lead|drift|clock drift",
    "starts": "starts|start date",
    "ends": "ends|expiry date|end date|expires",
    "refused": "refused",
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names.split("|")}
_UNIT_NAMED = re.compile(r"\(? ?\b(?:in )?(?:s|secs?|seconds)\b ?\)?")
_ENCODING_NAMED = re.compile(r"\(?\b(hex|hexadecimal|base ?32|base ?64)\b\)?")


def _plain(cell: str) -> str:
    return " ".join(re.sub(r"[_./:-]", " ", cell.lower()).split())


def _column(cell: str) -> str:
    """Return our name of a manufacturer's column, or an empty string."""
    plain = _plain(cell)
    shorter = (" ".join(named.sub(" ", plain).split()) for named in (_ENCODING_NAMED, _UNIT_NAMED))
    return next((_COLUMN_OF[name] for name in (plain, *shorter) if name in _COLUMN_OF), "")


def columns(headings: Sequence[str]) -> list[str]:
    """Return our name of each column, or an empty string. Beside a type, the algorithm is that of the hash."""
    found = [_column(cell) for cell in headings]
    if found.count("type") == 2 and "hash" not in found:
        found = ["hash" if _plain(cell) == "algorithm" else name for cell, name in zip(headings, found, strict=True)]
    return found


def encoding(headings: Sequence[str]) -> str:
    """Return the encoding that the heading of the secret key names, or an empty string."""
    for heading in headings:
        named = _ENCODING_NAMED.search(_plain(heading))
        if named and _column(heading) == "secret key":
            return named[1].replace(" ", "").replace("hexadecimal", "hex")
    return ""
