"""Declared settings: the name, format, default, unit and meaning of each, in one place."""

from verification.setting.declaration import Section, Setting, Values

__all__ = ["Section", "Setting", "Values"]
