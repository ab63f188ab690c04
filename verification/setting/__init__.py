"""Declared settings: the name, format, default, unit and meaning of each, in one place."""

from verification.setting import formats
from verification.setting.declaration import Section, Setting, Values
from verification.setting.formats import Format, Wrong

__all__ = [
    "Format",
    "Section",
    "Setting",
    "Values",
    "Wrong",
    "formats",
]
