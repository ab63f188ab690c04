"""How a setting is declared: name, format, default, unit and meaning, once."""

from verification.setting.declaration import Section, Setting, Values

__all__ = ["Section", "Setting", "Values"]
